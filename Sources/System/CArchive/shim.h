#include <archive.h>
#include <archive_entry.h>

// Linux has it, and its header shows it to GNU's dialect of C alone.
extern int syncfs(int descriptor);

// Puts everything that was written to a file system on its disk: one call after unpacking thousands of
// files, instead of one for each.
static inline int tl_synchronize_file_system(int descriptor) { return syncfs(descriptor); }
