package import Foundation

/// A value that can be sent as a parameter, in PostgreSQL's binary format.
///
/// The type, not the value, decides what the server is told, so that `nil` has a type too.
package protocol PostgresEncodable: Sendable {
    /// The type of one value.
    static var typeID: TypeID { get }
    /// The type of an array of such values; nil when there is none.
    static var arrayTypeID: TypeID? { get }
    /// Appends the value without its length.
    func encode(into buffer: inout ParameterBuffer) throws(PostgresError)
    /// Appends an array of values without its length. Bytes differ: an array of them is a `bytea`.
    static func encode(array: [Self], into buffer: inout ParameterBuffer) throws(PostgresError)
}

extension PostgresEncodable {
    package static func encode(
        array: [Self], into buffer: inout ParameterBuffer
    ) throws(PostgresError) {
        appendArrayHeader(count: array.count, of: typeID, into: &buffer)
        for element in array { try buffer.appendField(element) }
    }

    /// Dimensions, a flag for NULLs (the server recomputes it), the element type, then count and
    /// lower bound of the one dimension.
    static func appendArrayHeader(count: Int, of type: TypeID, into buffer: inout ParameterBuffer) {
        buffer.appendInteger(Int32(count == 0 ? 0 : 1))
        buffer.appendInteger(Int32(1))
        buffer.appendInteger(type.rawValue)
        guard count > 0 else { return }
        buffer.appendInteger(Int32(clamping: count))
        buffer.appendInteger(Int32(1))
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var typeID: TypeID { Wrapped.typeID }
    package static var arrayTypeID: TypeID? { Wrapped.arrayTypeID }

    package func encode(into buffer: inout ParameterBuffer) throws(PostgresError) {
        guard let value = self else { return buffer.appendNull() }
        try value.encode(into: &buffer)
    }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    package static var typeID: TypeID { Element.arrayTypeID ?? .none }
    package static var arrayTypeID: TypeID? { Element.self == UInt8.self ? .byteaArray : nil }

    package func encode(into buffer: inout ParameterBuffer) throws(PostgresError) {
        try Element.encode(array: self, into: &buffer)
    }
}

extension Bool: PostgresEncodable {
    package static var typeID: TypeID { .bool }
    package static var arrayTypeID: TypeID? { .boolArray }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendInteger(UInt8(self ? 1 : 0))
    }
}

extension String: PostgresEncodable {
    package static var typeID: TypeID { .text }
    package static var arrayTypeID: TypeID? { .textArray }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendText(self)
    }
}

extension UInt8: PostgresEncodable {
    package static var typeID: TypeID { .int2 }
    package static var arrayTypeID: TypeID? { .bytea }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendInteger(Int16(self))
    }

    package static func encode(array: [UInt8], into buffer: inout ParameterBuffer) {
        buffer.appendBytes(array)
    }
}

extension UUID: PostgresEncodable {
    package static var typeID: TypeID { .uuid }
    package static var arrayTypeID: TypeID? { .uuidArray }

    package func encode(into buffer: inout ParameterBuffer) {
        withUnsafeBytes(of: uuid) { buffer.appendBytes($0) }
    }
}

extension Double: PostgresEncodable {
    package static var typeID: TypeID { .float8 }
    package static var arrayTypeID: TypeID? { .float8Array }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendInteger(bitPattern)
    }
}

/// `timestamptz`, rounded to its microseconds.
extension Date: PostgresEncodable {
    package static var typeID: TypeID { .timestamptz }
    package static var arrayTypeID: TypeID? { .timestamptzArray }

    package func encode(into buffer: inout ParameterBuffer) throws(PostgresError) {
        guard let microseconds = postgresMicroseconds else {
            throw PostgresError(
                .invalidUsage, "the date \(timeIntervalSince1970) s is outside of timestamptz")
        }
        buffer.appendInteger(microseconds)
    }
}

/// `interval` without days and months, in whole microseconds.
extension Duration: PostgresEncodable {
    package static var typeID: TypeID { .interval }
    package static var arrayTypeID: TypeID? { .intervalArray }

    package func encode(into buffer: inout ParameterBuffer) throws(PostgresError) {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard !overflow, !carry else {
            throw PostgresError(.invalidUsage, "the duration \(self) is outside of interval")
        }
        buffer.appendInteger(sum)
        buffer.appendInteger(Int32(0))
        buffer.appendInteger(Int32(0))
    }
}

extension JSON: PostgresEncodable {
    package static var typeID: TypeID { .jsonb }
    package static var arrayTypeID: TypeID? { .jsonbArray }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendInteger(UInt8(1))
        buffer.appendText(text)
    }
}
