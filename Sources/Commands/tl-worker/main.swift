import CommandLine
import Glibc

// The messages of a worker may go to somebody who leaves before it does.
signal(SIGPIPE, SIG_IGN)
exit(WorkerProgram.main().rawValue)
