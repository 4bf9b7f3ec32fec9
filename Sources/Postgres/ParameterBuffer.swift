/// Bytes of parameters in PostgreSQL's binary format, one behind the other.
///
/// All parameters of a call share one buffer, which a connection keeps between calls, so that
/// sending 1,000 elements costs no allocation per element.
package struct ParameterBuffer {
    private(set) var bytes: [UInt8] = []
    private var isNull = false

    package init() {}

    var count: Int { bytes.count }

    func withBytes(
        _ body: (UnsafeBufferPointer<UInt8>) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        try bytes.withUnsafeBufferPointer { pointer throws(PostgresError) in try body(pointer) }
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    package mutating func reserve(_ additional: Int) {
        bytes.reserveCapacity(bytes.count + additional)
    }

    /// Makes the field that is being written NULL.
    package mutating func appendNull() {
        isNull = true
    }

    package mutating func appendInteger<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func appendBytes(_ value: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: value)
    }

    package mutating func appendBytes(_ value: [UInt8]) {
        bytes.append(contentsOf: value)
    }

    package mutating func appendText(_ value: String) {
        bytes.append(contentsOf: value.utf8)
    }

    /// Appends the field's length in four bytes and then the field, or -1 for NULL.
    mutating func appendField<T: PostgresEncodable>(_ value: T) throws(PostgresError) {
        let start = bytes.count
        appendInteger(Int32(0))
        isNull = false
        try value.encode(into: &self)
        let length = isNull ? -1 : bytes.count - start - 4
        guard let short = Int32(exactly: length) else {
            throw PostgresError(
                .invalidUsage, "a value of \(length) bytes is over PostgreSQL's limit of 1 GB")
        }
        isNull = false
        overwrite(short, at: start)
    }

    /// Appends one parameter and says where it lies; nil for NULL.
    mutating func appendParameter<T: PostgresEncodable>(
        _ value: T
    ) throws(PostgresError) -> Range<Int>? {
        let start = bytes.count
        isNull = false
        try value.encode(into: &self)
        defer { isNull = false }
        return isNull ? nil : start..<bytes.count
    }

    private mutating func overwrite(_ value: Int32, at offset: Int) {
        withUnsafeBytes(of: value.bigEndian) { source in
            for index in 0..<4 { bytes[offset + index] = source[index] }
        }
    }
}
