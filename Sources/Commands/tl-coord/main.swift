import CommandLine
import CoordinatorDaemon
import Glibc
import RunFiles

// A reader that goes away, as `tl-coord start | head` does, must not end a run.
signal(SIGPIPE, SIG_IGN)
exit(CoordinatorProgram.main().rawValue)
