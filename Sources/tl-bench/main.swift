// Placeholder until the command's first source file replaces it.
