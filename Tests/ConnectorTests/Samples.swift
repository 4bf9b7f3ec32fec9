import Foundation
import PaymentEvents

@testable import StripeConnector

/// Events and files that the tests share.
enum Samples {
    static let intent = "pi_3Test"
    static let operationID = "018f3c1e-7a00-7000-8000-00000000000a"
    static let account = StripeAccount(
        id: "acct_1Test", environment: "test", secretKey: { "sk_test_secret" })

    /// A canonical event about one order, with changes to its envelope.
    static func event(
        _ type: EventType, intent: String = Samples.intent, orderNo: String? = "00000410",
        operationID: String? = Samples.operationID, amount: Int64? = 1999,
        ids: [String: JSONValue] = [:], data: JSONValue = [:],
        occurredAt: Date = Date(timeIntervalSince1970: 1_800_000_000)
    ) throws -> PaymentEvent {
        var members: [String: JSONValue] = [
            "type": .string(type.rawValue), "schema_version": 1, "tenant": "acme-us",
            "source": "sfcc:RefArch", "idempotency_key": "k-1", "data": data,
            "occurred_at": .string(Timestamp.text(occurredAt)),
            "event_id": "018f3c1e-7a00-7000-8000-000000000001",
        ]
        var names = ids
        names["payment_intent"] = .string(intent)
        names["site_id"] = "RefArch"
        names["order_no"] = orderNo.map { .string($0) }
        members["ids"] = .object(names)
        if Catalogue.standard[type]?.kind == .command {
            members["operation_id"] = operationID.map { .string($0) }
        }
        if let amount {
            members["money"] = ["amount_minor": .int(amount), "currency": "USD"]
        }
        return try PaymentEvent(parsing: .object(members))
    }

    /// The files of contracts that lie beside the repository; nothing when they are not there.
    static func contracts(_ path: String) -> URL {
        URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "shared/contracts/\(path)")
    }

    static var hasContracts: Bool {
        FileManager.default.fileExists(atPath: contracts("INDEX.md").path)
    }

    static func jsonFiles(_ folder: String) throws -> [URL] {
        try FileManager.default
            .contentsOfDirectory(at: contracts(folder), includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .sorted { $0.path < $1.path }
    }
}
