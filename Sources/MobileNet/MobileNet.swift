// Placeholder until the module's first source file replaces it.
