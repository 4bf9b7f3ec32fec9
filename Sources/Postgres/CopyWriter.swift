/// Writes rows of a `COPY … FROM STDIN (FORMAT binary)`.
///
/// Columns are written in the order and with exactly the types of the COPY statement: the server
/// converts nothing in this format. Rows are sent in pieces of 64 KiB.
package struct CopyWriter {
    static let chunkBytesMax = 64 << 10
    /// Signature, flags and header extension of the format.
    private static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)

    private var buffer = ParameterBuffer()
    private let send: (UnsafeBufferPointer<UInt8>) throws(PostgresError) -> Void

    init(send: @escaping (UnsafeBufferPointer<UInt8>) throws(PostgresError) -> Void) {
        self.send = send
        buffer.appendBytes(Self.header)
    }

    package mutating func write<each T: PostgresEncodable>(
        _ values: repeat each T
    ) throws(PostgresError) {
        var count: Int16 = 0
        for _ in repeat (each T).self { count += 1 }
        buffer.appendInteger(count)
        for value in repeat each values { try buffer.appendField(value) }
        try sendIfFull()
    }

    package mutating func write(row values: [any PostgresEncodable]) throws(PostgresError) {
        buffer.appendInteger(Int16(clamping: values.count))
        for value in values { try buffer.appendField(value) }
        try sendIfFull()
    }

    mutating func finish() throws(PostgresError) {
        buffer.appendInteger(Int16(-1))
        try sendAll()
    }

    private mutating func sendIfFull() throws(PostgresError) {
        if buffer.count >= Self.chunkBytesMax { try sendAll() }
    }

    private mutating func sendAll() throws(PostgresError) {
        try buffer.withBytes(send)
        buffer.removeAll()
    }
}
