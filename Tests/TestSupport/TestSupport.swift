// Placeholder until the first source file replaces it.
