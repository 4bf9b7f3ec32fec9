import Foundation
import TestSupport
import Testing

@testable import Postgres

struct LifetimeTests {
    @Test func `a closed connection ends its thread and session, and still answers`() async throws {
        try await withConnection { observer in
            try await withDatabase { url in
                let connection = try await Connection.connect(PostgresConfiguration(url: url))
                let processID = await connection.processID
                let thread = connection.thread
                #expect(thread.isRunning)
                await connection.close()
                await connection.close()
                #expect(await connection.processID == 0)
                let error = try await failure { try await connection.rows("SELECT 1") }
                #expect(error.code == .connectionLost)
                try await eventually("the thread ends") { !thread.isRunning }
                try await eventually("the session ends") {
                    try await observer.value(
                        "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $1", [processID])
                }
            }
        }
    }

    @Test func `a forgotten connection ends its thread and session`() async throws {
        try await withConnection { observer in
            try await withDatabase { url in
                var connection: Connection? = try await Connection.connect(
                    PostgresConfiguration(url: url))
                let processID = try #require(await connection?.processID)
                let thread = try #require(connection?.thread)
                connection = nil
                try await eventually("the thread ends") { !thread.isRunning }
                try await eventually("the session ends") {
                    try await observer.value(
                        "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $1", [processID])
                }
            }
        }
    }
}
