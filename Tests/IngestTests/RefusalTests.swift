import Foundation
import HTTPTypes
import Logging
import MessageQueue
import PaymentEvents
import Postgres
import TestSupport
import Testing

@Suite struct RefusalTests {
    @Test func `a signature by another secret is not authorized`() async throws {
        try await withDoor { door in
            let answer = try await door.post(capture(), secret: "guessed")
            #expect(answer.status == 401)
            #expect(try await door.count("message") == 0)
        }
    }

    @Test func `an unsigned request is not authorized`() async throws {
        try await withDoor { door in
            let answer = try await door.post(capture(), isSigned: false)
            #expect(answer.status == 401)
        }
    }

    @Test func `a secret that is being rolled still signs`() async throws {
        try await withDoor { door in
            let answer = try await door.post(capture(), secret: Door.oldSecret)
            #expect(answer.status == 202)
        }
    }

    @Test(arguments: [-301.0, 301.0])
    func `a genuine signature outside the tolerance is a bad request`(
        offset: TimeInterval
    ) async throws {
        try await withDoor { door in
            let answer = try await door.post(capture(), at: Door.now.addingTimeInterval(offset))
            #expect(answer.status == 400)
            #expect(answer.body["type"] == "urn:clearway:problem:timestamp-out-of-range")
        }
    }

    @Test(arguments: [-300.0, 300.0])
    func `a signature at the edge of the tolerance is taken`(offset: TimeInterval) async throws {
        try await withDoor { door in
            let answer = try await door.post(capture(), at: Door.now.addingTimeInterval(offset))
            #expect(answer.status == 202)
        }
    }

    @Test func `a body over the limit names the limit and its setting`() async throws {
        try await withDoor(bodyBytesMax: 2048) { door in
            let answer = try await door.post(String(repeating: " ", count: 2049))
            #expect(answer.status == 413)
            let detail = answer.body["detail"]?.stringValue ?? ""
            #expect(detail.contains("2048 (CLEARWAY_INGEST_BODY_MAX)"))
        }
    }

    @Test func `another content type is not supported`() async throws {
        try await withDoor { door in
            #expect(try await door.post(capture(), type: "text/plain").status == 415)
            #expect(try await door.post(capture(), type: nil).status == 415)
            let answer = try await door.post(capture(), type: "application/json; charset=utf-8")
            #expect(answer.status == 202)
        }
    }

    @Test func `an unknown path is not found and another method is not allowed`() async throws {
        try await withDoor { door in
            #expect(try await door.send(.get, "/").status == 404)
            #expect(try await door.send(.get, "/healthz/other").status == 404)
            let answer = try await door.send(.get, "/v1/events")
            #expect(answer.status == 405)
            #expect(answer.headers[.allow] == "POST")
        }
    }

    @Test func `without a database nothing is acknowledged and a later try is asked for`()
        async throws
    {
        let configuration = PostgresConfiguration(
            url: "postgresql://nobody@127.0.0.1:1/none", connectTimeout: .milliseconds(200))
        var logger = MigratedDatabase.logger
        logger.logLevel = .critical
        let pool = ConnectionPool(configuration, maximumConnections: 1, logger: logger)
        try await withDoor(to: MessageQueue(pool: pool)) { door in
            let answer = try await door.post(capture())
            #expect(answer.status == 503)
            #expect(answer.headers[.retryAfter] == "5")
            let refused = try await door.post("{}")
            #expect(refused.status == 503)
            #expect(try await door.send(.get, "/healthz/ready").status == 503)
            #expect(try await door.send(.get, "/healthz/startup").status == 503)
            #expect(try await door.send(.get, "/healthz/live").status == 200)
        }
        await pool.close()
    }

    @Test func `a healthy process says so`() async throws {
        try await withDoor { door in
            for probe in ["live", "ready", "startup"] {
                let answer = try await door.send(.get, "/healthz/\(probe)")
                #expect(answer.status == 200)
            }
        }
    }
}
