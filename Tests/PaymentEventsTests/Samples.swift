import Foundation
import PaymentEvents

/// Valid events to start from.
enum Samples {
    static let operationID = "0190a1b2-1234-7123-8123-123456789abd"

    static let capture: [String: JSONValue] = [
        "event_id": "0190a1b2-1234-7123-8123-123456789abc",
        "type": "payment.capture.requested", "schema_version": 1, "tenant": "acme-us",
        "source": "sfcc:RefArch", "idempotency_key": "ship-00000410-1",
        "occurred_at": "2026-11-24T10:00:00.000Z", "operation_id": .string(operationID),
        "generation": 1, "money": ["amount_minor": 1999, "currency": "USD"],
        "ids": [
            "order_no": "00000410", "site_id": "RefArch", "payment_intent": "pi_3Mtw",
            "charge": nil,
        ],
        "data": ["final_capture": true, "note": "Grüße"],
    ]

    static let refundSucceeded: [String: JSONValue] = [
        "type": "payment.refund.succeeded", "schema_version": 1, "tenant": "acme-us",
        "source": "stripe:acct_1", "idempotency_key": "k1",
        "occurred_at": "2026-11-24T10:00:00Z", "money": ["amount_minor": 500, "currency": "EUR"],
        "ids": [
            "order_no": "00000410", "site_id": "RefArch", "payment_intent": "pi_3Mtw",
            "refund": "re_1",
        ],
    ]

    /// The capture with members put in, and taken out where the value is nil.
    static func capture(_ changes: [String: JSONValue?]) -> JSONValue {
        changed(capture, changes)
    }

    static func changed(
        _ base: [String: JSONValue], _ changes: [String: JSONValue?]
    ) -> JSONValue {
        var members = base
        for (name, value) in changes { members[name] = value }
        return .object(members)
    }

    /// What the contract says about a document.
    static func violations(
        _ document: JSONValue, defaults: EventDefaults = EventDefaults(),
        catalogue: Catalogue = .standard
    ) -> [ContractViolation] {
        do throws(EventRejection) {
            _ = try PaymentEvent(parsing: document, defaults: defaults, catalogue: catalogue)
            return []
        } catch {
            return error.violations
        }
    }

    static func violations(bytes: [UInt8], limits: JSONLimits = JSONLimits()) -> [ContractViolation]
    {
        do throws(EventRejection) {
            _ = try PaymentEvent(parsing: bytes, limits: limits)
            return []
        } catch {
            return error.violations
        }
    }
}

/// A violation without its sentence, for comparison.
struct Finding: Hashable, CustomStringConvertible {
    var pointer: String
    var rule: ContractViolation.Rule

    init(_ pointer: String, _ rule: ContractViolation.Rule) {
        self.pointer = pointer
        self.rule = rule
    }

    init(_ violation: ContractViolation) {
        self.init(violation.pointer.description, violation.rule)
    }

    var description: String { "\(pointer) \(rule.rawValue)" }
}
