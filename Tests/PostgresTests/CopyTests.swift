import Foundation
import Postgres
import TestSupport
import Testing

struct CopyTests {
    private struct Refusal: Error {}
    private let copy = "COPY item FROM STDIN (FORMAT binary)"

    private func withTable<R>(_ body: (Connection) async throws -> R) async throws -> R {
        try await withConnection { connection in
            try await connection.run(
                script:
                    "CREATE TABLE item (id int8 PRIMARY KEY, note text, at timestamptz NOT NULL)")
            return try await body(connection)
        }
    }

    @Test func `rows of several pieces arrive whole`() async throws {
        try await withTable { connection in
            let note = String(repeating: "n", count: 100)
            let count = try await connection.copyIn(copy) { writer in
                for id in 0..<5000 {
                    let at = Date(timeIntervalSince1970: Double(id))
                    try writer.write(Int64(id), id.isMultiple(of: 2) ? note : nil, at)
                }
            }
            #expect(count == 5000)
            let sums = try await connection.rows(
                "SELECT count(*), count(note), sum(id)::int8 FROM item")
            #expect(try sums[0].decode((Int, Int, Int).self) == (5000, 2500, 12_497_500))
        }
    }

    @Test func `a body that throws stores nothing and leaves the connection usable`() async throws {
        try await withTable { connection in
            await #expect(throws: Refusal.self) {
                _ = try await connection.copyIn(copy) { writer in
                    try writer.write(row: [Int64(1), "x", Date()])
                    throw Refusal()
                }
            }
            let count: Int = try await connection.value("SELECT count(*) FROM item")
            #expect(count == 0)
        }
    }

    @Test func `a row that the table refuses fails with the server's reason`() async throws {
        try await withTable { connection in
            let error = try await failure {
                try await connection.copyIn(copy) { writer in
                    for _ in 0..<20_000 { try writer.write(Int64(1), "x", Date()) }
                }
            }
            #expect(error.sqlState == "23505")
            let type = try await failure {
                try await connection.copyIn(copy) { try $0.write(Int32(1), "x", Date()) }
            }
            #expect(!type.isRetryable)
            #expect(type.sqlState == "08P01")
            #expect(try await connection.value("SELECT count(*) FROM item", as: Int.self) == 0)
        }
    }

    @Test func `a statement that is no COPY is refused`() async throws {
        try await withTable { connection in
            let missing = try await failure {
                try await connection.copyIn("COPY nope FROM STDIN (FORMAT binary)") { _ in }
            }
            #expect(missing.sqlState == "42P01")
            let select = try await failure { try await connection.copyIn("SELECT 1") { _ in } }
            #expect(select.code == .invalidUsage)
        }
    }

    @Test func `a COPY past its deadline stores nothing`() async throws {
        try await withTable { connection in
            let error = try await failure {
                try await connection.copyIn(copy, deadline: .milliseconds(100)) { writer in
                    for id in 0..<Int64.max { try writer.write(id, "x", Date()) }
                }
            }
            #expect(error.code == .deadlineExceeded)
        }
    }
}
