import HTTP

let requestTargets = [
  // The first line is the Content-Type, the rest the body.
  FuzzTarget(
    name: "form",
    seeds: {
      [
        Array(
          """
          multipart/form-data; boundary=b
          --b\r
          Content-Disposition: form-data; name="p"; filename="a\\"b.jpg"\r
          Content-Type: image/jpeg\r
          \r
          first\r
          --b\r
          \r
          \r
          --b--
          """.utf8),
        Array("multipart/form-data; boundary=\"b c\"; x=y\npreamble\r\n--b c \r\n\r\n--b c--".utf8),
      ]
    },
    test: { input in
      let end = input.firstIndex(of: 10) ?? input.endIndex
      let type = String(decoding: input[..<end], as: UTF8.self)
      guard let boundary = MultipartForm.boundary(contentType: type) else { return }
      precondition((1...70).contains(boundary.utf8.count))
      let body = Array(input[end...].dropFirst())
      guard let form = try? MultipartForm(body, boundary: boundary, partsMax: 20) else { return }
      precondition(form.parts.count <= 20)
      let delimiter = Array("\r\n--\(boundary)".utf8)
      var last = 0
      for part in form.parts {
        // In the body, in their order, with nothing of a boundary within and one behind.
        precondition(part.content.lowerBound >= last && part.content.upperBound <= body.count)
        last = part.content.upperBound
        let content = body[part.content]
        precondition(content.firstRange(of: delimiter) == nil, "a boundary within a part")
        let behind = Array("--\(boundary)".utf8)
        precondition(
          body[last...].starts(with: delimiter) || body[last...].starts(with: behind),
          "no boundary behind a part")
      }
    })
]
