import CLibpq

/// The fields of an error or notice, by libpq's letters (`postgres_ext.h`).
enum ErrorField: Character {
    /// The severity that no locale translates.
    case severity = "V"
    case sqlState = "C"
    case message = "M"
    case detail = "D"
    case hint = "H"
    case position = "P"
    case table = "t"
    case column = "c"
    case constraint = "n"
    case routine = "R"
}

extension PostgresError {
    /// Reads what the server reported. Without an SQLSTATE it was libpq that reported.
    init(result: OpaquePointer, redact: (String) -> String) {
        let whole = String(cString: PQresultErrorMessage(result)).trimmedLine
        self.init(.server, redact(Self.field(.message, of: result) ?? whole))
        sqlState = Self.field(.sqlState, of: result)
        detail = Self.field(.detail, of: result).map(redact)
        hint = Self.field(.hint, of: result).map(redact)
        constraint = Self.field(.constraint, of: result)
        table = Self.field(.table, of: result)
        column = Self.field(.column, of: result)
        position = Self.field(.position, of: result).flatMap { Int($0) }
        routine = Self.field(.routine, of: result)
    }

    /// Whether the server closes the connection after this report.
    static func endsConnection(_ result: OpaquePointer) -> Bool {
        let severity = field(.severity, of: result)
        return severity == "FATAL" || severity == "PANIC"
    }

    static func field(_ field: ErrorField, of result: OpaquePointer) -> String? {
        let letter = Int32(field.rawValue.asciiValue ?? 0)
        return PQresultErrorField(result, letter).map { String(cString: $0) }
    }
}
