import CLibpq

/// The rows that a statement returned. They share one result and are read in place.
package struct Rows: Sendable, RandomAccessCollection {
    let storage: ResultStorage

    package var startIndex: Int { 0 }
    package var endIndex: Int { storage.rowCount }

    package subscript(position: Int) -> Row {
        precondition(position >= 0 && position < storage.rowCount, "row \(position) out of range")
        return Row(storage: storage, index: Int32(position))
    }

    /// How many rows an INSERT, UPDATE, DELETE, MERGE, SELECT or COPY processed.
    package var affectedRowCount: Int {
        Int(String(cString: PQcmdTuples(storage.pointer))) ?? 0
    }
}

/// Owns one `PGresult` and frees it with the last row that refers to it.
///
/// `@unchecked Sendable` holds because libpq never writes to a result once it has returned it
/// ("PGresult objects are normally read-only after creation", libpq § 34.20), and nothing here does.
final class ResultStorage: @unchecked Sendable {
    let pointer: OpaquePointer
    let rowCount: Int
    let columnCount: Int32
    private let columnTypes: [TypeID]

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        rowCount = Int(PQntuples(pointer))
        columnCount = PQnfields(pointer)
        columnTypes = (0..<columnCount).map { TypeID(rawValue: PQftype(pointer, $0)) }
    }

    deinit {
        PQclear(pointer)
    }

    func cell(row: Int32, column: Int32) -> Cell {
        let type = columnTypes[Int(column)]
        guard PQgetisnull(pointer, row, column) == 0 else { return Cell(typeID: type, bytes: nil) }
        return Cell(
            typeID: type,
            bytes: UnsafeRawBufferPointer(
                start: PQgetvalue(pointer, row, column),
                count: Int(PQgetlength(pointer, row, column))))
    }

    func columnName(_ column: Int32) -> String {
        PQfname(pointer, column).map { String(cString: $0) } ?? "?"
    }

    func columnIndex(_ name: String) -> Int32? {
        (0..<columnCount).first { columnName($0) == name }
    }
}
