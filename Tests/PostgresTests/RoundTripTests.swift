import Foundation
import Postgres
import Testing

struct RoundTripTests {
    private func check<T: PostgresEncodable & PostgresDecodable & Equatable>(
        _ type: String, _ values: [T], _ connection: Connection
    ) async throws {
        for value in values {
            let copy = try await connection.value("SELECT $1::\(type)", [value], as: T.self)
            #expect(copy == value, "\(type)")
        }
        let none = try await connection.value("SELECT $1::\(type)", [T?.none], as: T?.self)
        #expect(none == nil, "\(type)")
        let array = try await connection.value("SELECT $1::\(type)[]", [values], as: [T].self)
        #expect(array == values, "\(type)[]")
        let holes: [T?] = [nil] + values + [nil]
        let kept = try await connection.value("SELECT $1::\(type)[]", [holes], as: [T?].self)
        #expect(kept == holes, "\(type)[] with NULL")
        let empty = try await connection.value("SELECT $1::\(type)[]", [[T]()], as: [T].self)
        #expect(empty.isEmpty, "\(type)[] empty")
    }

    @Test func `numbers and booleans come back as they were sent`() async throws {
        try await withConnection { connection in
            try await check("bool", [true, false], connection)
            try await check("int2", [Int16.min, 0, .max], connection)
            try await check("int4", [Int32.min, -1, .max], connection)
            try await check("int8", [Int64.min, 0, .max], connection)
            try await check("int8", [Int.min, 42, .max], connection)
            try await check("float8", [-0.1, 1e300, .infinity], connection)
        }
    }

    @Test func `text of every kind comes back as it was sent`() async throws {
        let texts = [
            "", "plain", "ü 漢字 🧾", "a\"b\\c,{}NULL", String(repeating: "x", count: 100_000),
        ]
        try await withConnection { connection in
            try await check("text", texts, connection)
            try await check("varchar", texts, connection)
            try await check("jsonb", [JSON("{\"a\": [1, null]}"), JSON("\"é\"")], connection)
        }
    }

    @Test func `bytes and identifiers come back as they were sent`() async throws {
        try await withConnection { connection in
            try await check("bytea", [[UInt8](), [0, 255, 92, 39], [UInt8](0...255)], connection)
            try await check("uuid", [UUID(), UUID()], connection)
        }
    }

    @Test func `times and intervals keep their microseconds`() async throws {
        let dates = [0, 1_764_000_000.123456, -1_000_000_000.5, 253_402_300_799]
            .map { Date(timeIntervalSince1970: $0) }
        try await withConnection { connection in
            for date in dates {
                let copy = try await connection.value("SELECT $1", [date], as: Date.self)
                #expect(abs(copy.timeIntervalSince(date)) < 1e-6)
                // Once rounded to a microsecond, it is stable.
                #expect(try await connection.value("SELECT $1", [copy], as: Date.self) == copy)
            }
            let text = try await connection.value(
                "SELECT ($1::timestamptz AT TIME ZONE 'UTC')::text", [dates[1]], as: String.self)
            #expect(text == "2025-11-24 16:00:00.123456")
            let durations: [Duration] = [.zero, .microseconds(-1), .seconds(86400 * 400)]
            try await check("interval", durations, connection)
            let mixed = try await connection.value(
                "SELECT '2 days 1 second'::interval", as: Duration.self)
            #expect(mixed == .seconds(2 * 86400 + 1))
            let months = try await failure {
                try await connection.value("SELECT '1 month'::interval AS span", as: Duration.self)
            }
            #expect(months.code == .decodingFailed)
            #expect(months.column == "span")
        }
    }

    @Test(arguments: [
        "0", "1", "-1", "0.001", "-0.10", "10000", "9999.9999", "123456789012345678901234567890.5",
        "0.00000000000000000001", "100000000", "NaN", "1e20",
    ])
    func `numeric is read as its exact decimal text`(_ text: String) async throws {
        try await withConnection { connection in
            let (value, reference) = try #require(
                await connection.rows(
                    "SELECT v, v::text FROM (SELECT $1::text::numeric AS v) AS t", [text]
                )
                .first
            ).decode((String, String).self)
            #expect(value == reference)
        }
    }

    @Test func `system types and widening are read where it is safe`() async throws {
        try await withConnection { connection in
            try await connection.run(script: "CREATE TYPE mood AS ENUM ('calm', 'alarmed')")
            let row = try #require(
                await connection.rows(
                    """
                    SELECT 1::int2, 2::int4, 7::oid, '9'::xid8, 'n'::name, '{"a":1}'::json,
                           'alarmed'::mood, 1.5::numeric, 2.5::float4, ARRAY['calm'::mood]
                    """
                ).first)
            let values = try row.decode(
                (
                    Int64, Int, Int64, Int64, String, JSON, String, Double, Double, [String]
                ).self)
            #expect(values.0 == 1 && values.1 == 2 && values.2 == 7 && values.3 == 9)
            #expect(values.4 == "n" && values.5.text == "{\"a\":1}" && values.6 == "alarmed")
            #expect(values.7 == 1.5 && values.8 == 2.5 && values.9 == ["calm"])
        }
    }

    @Test func `a value that does not fit names its column and both types`() async throws {
        try await withConnection { connection in
            let rows = try await connection.rows("SELECT 1::int8 AS id, NULL::text AS note")
            let row = try #require(rows.first)
            let narrow = try await failure { try row.decode((Int32, String?).self) }
            #expect(narrow.code == .decodingFailed)
            #expect(narrow.message.contains("\"id\" of type int8 cannot be read as Int32"))
            let null = try await failure { try row.decode((Int64, String).self) }
            #expect(null.column == "note")
            #expect(null.message.contains("is NULL"))
            let count = try await failure { try row.decode(Int64.self) }
            #expect(count.code == .invalidUsage)
            let missing = try await failure { try row.decode("nope", as: Int64.self) }
            #expect(missing.message == "there is no column nope; there are id, note")
            #expect(try row.decode("id", as: Int64.self) == 1)
        }
    }

    @Test func `values that PostgreSQL cannot hold are errors`() async throws {
        try await withConnection { connection in
            let date = try await failure {
                try await connection.value(
                    "SELECT $1", [Date(timeIntervalSince1970: .nan)], as: Date.self)
            }
            #expect(date.code == .invalidUsage)
            let nested = try await failure { try await connection.rows("SELECT $1", [[[1]]]) }
            #expect(nested.code == .invalidUsage)
            let zero = try await failure { try await connection.rows("SELECT $1::text", ["a\0b"]) }
            #expect(zero.sqlState == "22021")
            #expect(try await connection.value("SELECT 1::int8", as: Int.self) == 1)
        }
    }
}
