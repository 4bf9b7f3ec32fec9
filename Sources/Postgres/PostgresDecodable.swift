package import Foundation

/// A value that can be read from a column, in PostgreSQL's binary format.
package protocol PostgresDecodable: Sendable {
    static func decode(_ cell: Cell) throws(DecodingFailure) -> Self
}

/// Why a cell could not be read. The row adds the column's name and both types.
package enum DecodingFailure: Error, Sendable, Equatable {
    case null
    case wrongType
    /// The bytes or the value do not fit the Swift type.
    case unfit(String)
}

/// The bytes of one value. Valid only while the result that owns them is; never stored.
package struct Cell {
    package let typeID: TypeID
    /// nil for NULL.
    package let bytes: UnsafeRawBufferPointer?

    /// The bytes of a value that must be there and of one of these types.
    func bytes(of accepted: TypeID...) throws(DecodingFailure) -> UnsafeRawBufferPointer {
        guard let bytes else { throw .null }
        guard accepted.contains(typeID) else { throw .wrongType }
        return bytes
    }
}

extension UnsafeRawBufferPointer {
    /// A big-endian integer at an offset, or a failure when the value is too short.
    func integer<T: FixedWidthInteger>(
        _ type: T.Type = T.self, at offset: Int = 0
    ) throws(DecodingFailure) -> T {
        guard offset >= 0, offset + MemoryLayout<T>.size <= count else {
            throw .unfit("the value ends after \(count) bytes")
        }
        return T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Wrapped? {
        cell.bytes == nil ? nil : try Wrapped.decode(cell)
    }
}

extension Bool: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Bool {
        try cell.bytes(of: .bool).integer(UInt8.self) != 0
    }
}

extension Int64: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Int64 {
        guard let bytes = cell.bytes else { throw .null }
        switch cell.typeID {
        case .int8: return try bytes.integer(Int64.self)
        case .int4: return Int64(try bytes.integer(Int32.self))
        case .int2: return Int64(try bytes.integer(Int16.self))
        case .oid, .xid: return Int64(try bytes.integer(UInt32.self))
        case .xid8:
            guard let value = Int64(exactly: try bytes.integer(UInt64.self)) else {
                throw .unfit("the value is over \(Int64.max)")
            }
            return value
        default: throw .wrongType
        }
    }
}

extension Int: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Int {
        Int(try Int64.decode(cell))
    }
}

extension Int32: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Int32 {
        guard let bytes = cell.bytes else { throw .null }
        switch cell.typeID {
        case .int4: return try bytes.integer(Int32.self)
        case .int2: return Int32(try bytes.integer(Int16.self))
        default: throw .wrongType
        }
    }
}

extension Int16: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Int16 {
        try cell.bytes(of: .int2).integer(Int16.self)
    }
}

extension Double: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Double {
        guard let bytes = cell.bytes else { throw .null }
        switch cell.typeID {
        case .float8: return Double(bitPattern: try bytes.integer(UInt64.self))
        case .float4: return Double(Float(bitPattern: try bytes.integer(UInt32.self)))
        case .numeric:
            guard let value = Double(try decimalText(bytes)) else {
                throw .unfit("the number is not a Double")
            }
            return value
        default: throw .wrongType
        }
    }
}

extension UUID: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> UUID {
        let bytes = try cell.bytes(of: .uuid)
        guard bytes.count == 16 else { throw .unfit("the value has \(bytes.count) bytes") }
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Date: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Date {
        Date(postgresMicroseconds: try cell.bytes(of: .timestamptz).integer(Int64.self))
    }
}

/// A day counts as 24 hours; an interval with months has no length and is refused.
extension Duration: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> Duration {
        let bytes = try cell.bytes(of: .interval)
        let microseconds = try bytes.integer(Int64.self)
        let days = try bytes.integer(Int32.self, at: 8)
        guard try bytes.integer(Int32.self, at: 12) == 0 else {
            throw .unfit("an interval with months has no fixed length")
        }
        return .microseconds(microseconds) + .seconds(Int64(days) * 86400)
    }
}

extension JSON: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> JSON {
        _ = try cell.bytes(of: .jsonb, .json)
        return JSON(try String.decode(cell))
    }
}

extension String: PostgresDecodable {
    package static func decode(_ cell: Cell) throws(DecodingFailure) -> String {
        guard var bytes = cell.bytes else { throw .null }
        switch cell.typeID {
        case .text, .varchar, .bpchar, .name, .char, .unknown, .json: break
        case .void: return ""
        case .numeric: return try decimalText(bytes)
        case .jsonb:
            // One byte of version comes first.
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        default:
            // An enum is sent as its label.
            guard cell.typeID.isUserDefined else { throw .wrongType }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unfit("the bytes are not UTF-8")
        }
        return text
    }
}
