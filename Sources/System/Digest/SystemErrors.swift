import Glibc

/// Which of the system's error numbers tell of the machine and not of the file that was asked for.
public enum SystemErrors {
  /// Whether another try, or the same one on another machine, may succeed with the very same file: no
  /// descriptor or memory was left, or a disk didn't answer. Nothing about the file follows from it.
  public static func concernMachine(_ errorNumber: Int32) -> Bool {
    ofMachines.contains(errorNumber)
  }

  private static let ofMachines: Set<Int32> = [
    EMFILE, ENFILE, ENOMEM, ENOBUFS, EIO, EAGAIN, EBUSY, ETIMEDOUT, ENOTCONN, EREMOTEIO,
  ]
}
