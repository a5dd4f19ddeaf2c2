import CProtobufC

// Copies fields of an unpacked message into Swift values. The arguments are what protoc-c declares
// for a field; they are unsafe because nothing ties them to their owner but the call of
// `Unpacked.read` in which they are used.

/// The bytes of a field.
@unsafe public func copyBytes(_ data: ProtobufCBinaryData) -> [UInt8] {
  unsafe Array(UnsafeBufferPointer(start: data.data, count: data.len))
}

/// The text of a field.
///
/// - Parameter field: the field's name for the error
/// - Throws: `notUTF8`, `containsNUL`
@unsafe public func copyText(
  _ data: ProtobufCBinaryData, field: @autoclosure () -> String
) throws(ProtobufError) -> String {
  let bytes = unsafe UnsafeBufferPointer(start: data.data, count: data.len)
  guard unsafe !bytes.contains(0) else { throw .containsNUL(field: field()) }
  guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
    throw .notUTF8(field: field())
  }
  return text
}

/// The elements of a repeated number field.
@unsafe public func copyNumbers<T: BitwiseCopyable>(
  _ first: UnsafeMutablePointer<T>?, count: Int
) -> [T] {
  unsafe Array(UnsafeBufferPointer(start: first, count: count))
}

/// The texts of a repeated field.
///
/// - Throws: `notUTF8`, `containsNUL`
@unsafe public func copyTexts(
  _ first: UnsafeMutablePointer<ProtobufCBinaryData>?, count: Int,
  field: @autoclosure () -> String
) throws(ProtobufError) -> [String] {
  var texts: [String] = []
  texts.reserveCapacity(count)
  let fields = unsafe UnsafeBufferPointer(start: first, count: count)
  for index in 0..<count { texts.append(try unsafe copyText(fields[index], field: field())) }
  return texts
}

/// The messages of a repeated field, each turned into a value.
@unsafe public func mapMessages<Message, Value, E: Error>(
  _ first: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, count: Int,
  _ transform: (Message) throws(E) -> Value
) throws(E) -> [Value] {
  var values: [Value] = []
  values.reserveCapacity(count)
  let messages = unsafe UnsafeBufferPointer(start: first, count: count)
  for index in 0..<count {
    // protobuf-c leaves no element of a repeated field nil.
    values.append(try unsafe transform(messages[index]!.pointee))
  }
  return values
}
