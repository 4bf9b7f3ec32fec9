/// One row of a result.
package struct Row: Sendable {
    let storage: ResultStorage
    let index: Int32

    /// Reads all columns in order.
    ///
    /// The number of types must be the number of columns. NULL needs an optional; integers widen,
    /// never narrow.
    package func decode<each T: PostgresDecodable>(
        _ type: (repeat each T).Type = (repeat each T).self
    ) throws(PostgresError) -> (repeat each T) {
        var expected: Int32 = 0
        for _ in repeat (each T).self { expected += 1 }
        guard expected == storage.columnCount else {
            throw PostgresError(
                .invalidUsage,
                "the row has \(storage.columnCount) columns, but \(expected) were asked for")
        }
        var column: Int32 = 0
        return (repeat try next(&column, as: (each T).self))
    }

    /// Reads one column by its name, which costs a search by name; use it outside of hot loops.
    package func decode<T: PostgresDecodable>(
        _ column: String, as type: T.Type = T.self
    ) throws(PostgresError) -> T {
        guard let number = storage.columnIndex(column) else {
            let names = (0..<storage.columnCount).map { storage.columnName($0) }
            throw PostgresError(
                .invalidUsage,
                "there is no column \(column); there are \(names.joined(separator: ", "))")
        }
        return try value(number, as: type)
    }

    /// Reads one column by its place, the first being 0. Reads nothing else, so it suits hot loops
    /// in which most columns of most rows are not needed.
    package func decode<T: PostgresDecodable>(
        column: Int, as type: T.Type = T.self
    ) throws(PostgresError) -> T {
        guard column >= 0, column < storage.columnCount else {
            throw PostgresError(
                .invalidUsage, "there is no column \(column); there are \(storage.columnCount)")
        }
        return try value(Int32(column), as: type)
    }

    private func next<T: PostgresDecodable>(
        _ column: inout Int32, as type: T.Type
    ) throws(PostgresError) -> T {
        defer { column += 1 }
        return try value(column, as: type)
    }

    private func value<T: PostgresDecodable>(
        _ column: Int32, as type: T.Type
    ) throws(PostgresError) -> T {
        let cell = storage.cell(row: index, column: column)
        do {
            return try T.decode(cell)
        } catch {
            throw decodingError(error, column: column, type: cell.typeID, wanted: "\(type)")
        }
    }

    private func decodingError(
        _ failure: DecodingFailure, column: Int32, type: TypeID, wanted: String
    ) -> PostgresError {
        let name = storage.columnName(column)
        let what = "column \(column + 1) \"\(name)\" of type \(type)"
        let reason =
            switch failure {
            case .null: "\(what) is NULL; read it as \(wanted)?"
            case .wrongType: "\(what) cannot be read as \(wanted)"
            case .unfit(let why): "\(what) cannot be read as \(wanted): \(why)"
            }
        var error = PostgresError(.decodingFailed, reason)
        error.column = name
        return error
    }
}
