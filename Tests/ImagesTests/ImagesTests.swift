// Placeholder until the module's first test file replaces it.
