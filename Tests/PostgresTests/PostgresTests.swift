import Postgres
import TestSupport
import Testing

struct ConnectionTests {
    @Test func `a statement returns its rows`() async throws {
        try await withDatabase { url in
            let connection = try await Connection.connect(PostgresConfiguration(url: url))
            let rows = try await connection.query(
                Statement(name: "sum", sql: "SELECT $1::int8 + 1, $2::text"), [Int64(41), "x"])
            let values = try rows.map { try $0.decode((Int64, String).self) }
            #expect(values.count == 1)
            #expect(values.first?.0 == 42)
            #expect(values.first?.1 == "x")
            await connection.close()
        }
    }
}
