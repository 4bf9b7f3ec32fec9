/// Integers write whole arrays in one loop over concrete types: batches are made of them.
private func appendArray<T: FixedWidthInteger & PostgresEncodable>(
    _ array: [T], into buffer: inout ParameterBuffer
) {
    T.appendArrayHeader(count: array.count, of: T.typeID, into: &buffer)
    buffer.reserve(array.count * (4 + MemoryLayout<T>.size))
    let length = Int32(MemoryLayout<T>.size)
    for element in array {
        buffer.appendInteger(length)
        buffer.appendInteger(element)
    }
}

extension Int16: PostgresEncodable {
    package static var typeID: TypeID { .int2 }
    package static var arrayTypeID: TypeID? { .int2Array }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendInteger(self)
    }

    package static func encode(array: [Int16], into buffer: inout ParameterBuffer) {
        appendArray(array, into: &buffer)
    }
}

extension Int32: PostgresEncodable {
    package static var typeID: TypeID { .int4 }
    package static var arrayTypeID: TypeID? { .int4Array }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendInteger(self)
    }

    package static func encode(array: [Int32], into buffer: inout ParameterBuffer) {
        appendArray(array, into: &buffer)
    }
}

extension Int64: PostgresEncodable {
    package static var typeID: TypeID { .int8 }
    package static var arrayTypeID: TypeID? { .int8Array }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendInteger(self)
    }

    package static func encode(array: [Int64], into buffer: inout ParameterBuffer) {
        appendArray(array, into: &buffer)
    }
}

extension Int: PostgresEncodable {
    package static var typeID: TypeID { .int8 }
    package static var arrayTypeID: TypeID? { .int8Array }

    package func encode(into buffer: inout ParameterBuffer) {
        buffer.appendInteger(Int64(self))
    }

    package static func encode(array: [Int], into buffer: inout ParameterBuffer) {
        appendArray(array, into: &buffer)
    }
}
