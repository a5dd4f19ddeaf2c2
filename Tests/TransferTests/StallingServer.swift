import TestSupport

/// A server that sends the beginning of a file and then nothing more, over a connection that stays open.
func stallingServer(of file: [UInt8]) throws -> LocalHTTPServer {
  try LocalHTTPServer { request in
    var answer = LocalHTTPServer.Answer.file(file, for: request)
    answer.stallAfter = 10
    return answer
  }
}
