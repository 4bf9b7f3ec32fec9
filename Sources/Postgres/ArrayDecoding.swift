extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// One dimension; `bytea` is an array of bytes. An element that is NULL needs an optional.
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> [Element] {
        guard let bytes = cell.bytes else { throw .null }
        if Element.self == UInt8.self, cell.typeID == .bytea {
            return Array<UInt8>(bytes) as? [Element] ?? []
        }
        guard bytes.count >= 12 else { throw .wrongType }
        let dimensions = try bytes.integer(Int32.self)
        let type = TypeID(rawValue: try bytes.integer(UInt32.self, at: 8))
        guard arrayElementTypes[cell.typeID] == type || cell.typeID.isUserDefined else {
            throw .wrongType
        }
        guard dimensions > 0 else { return [] }
        guard dimensions == 1 else { throw .unfit("the array has \(dimensions) dimensions") }
        let count = Int(try bytes.integer(Int32.self, at: 12))
        guard count >= 0, count <= bytes.count / 4 else { throw .unfit("the array is malformed") }
        return try elements(bytes, count: count, type: type)
    }

    private static func elements(
        _ bytes: UnsafeRawBufferPointer, count: Int, type: TypeID
    ) throws(DecodingFailure) -> [Element] {
        var values: [Element] = []
        values.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            let length = Int(try bytes.integer(Int32.self, at: offset))
            offset += 4
            guard length >= 0 else {
                values.append(try Element.decode(Cell(typeID: type, bytes: nil)))
                continue
            }
            guard offset + length <= bytes.count else { throw .unfit("the array is malformed") }
            let element = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
            values.append(try Element.decode(Cell(typeID: type, bytes: element)))
            offset += length
        }
        return values
    }
}

/// Only `[UInt8]` is read from the server, as `bytea`; a single byte has no type of its own.
extension UInt8: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> UInt8 {
        guard let value = UInt8(exactly: try Int16.decode(cell)) else {
            throw .unfit("the value is not in 0...255")
        }
        return value
    }
}

private let arrayElementTypes: [TypeID: TypeID] = [
    .boolArray: .bool, .byteaArray: .bytea, .nameArray: .name, .int2Array: .int2,
    .int4Array: .int4, .textArray: .text, .varcharArray: .varchar, .int8Array: .int8,
    .float8Array: .float8, .timestamptzArray: .timestamptz, .intervalArray: .interval,
    .numericArray: .numeric, .uuidArray: .uuid, .jsonbArray: .jsonb,
]
