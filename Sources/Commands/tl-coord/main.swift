import CommandLine
import CoordinatorDaemon
import Glibc
import RunFiles

// A reader that goes away, as `tl-coord start | head` does, must not end a run.
signal(SIGPIPE, SIG_IGN)
// A file that may not grow any more is an error like a full disk.
signal(SIGXFSZ, SIG_IGN)
exit(CoordinatorProgram.main().rawValue)
