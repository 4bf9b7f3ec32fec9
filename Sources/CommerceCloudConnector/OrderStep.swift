import Delivery
import PaymentEvents

/// A stored step, read back: what it wants of an order and whether the order has it.
struct OrderStep {
    /// Whether the step may, need not or must not be done.
    enum Readiness: Equatable {
        case possible
        case done
        case refused(Failure)
    }

    private enum Wish {
        case attributes([String: JSONValue])
        case status(String)
        case paymentStatus(String)
    }

    private let wish: Wish

    /// `nil` for bytes that no `OrderUpdate` wrote.
    init?(_ step: OutboundRequest.Step) {
        guard let body = (try? JSONValue(parsing: step.body))?.objectValue else { return nil }
        let path = step.path.prefix { $0 != "?" }
        if step.method == "PATCH" {
            wish = .attributes(body)
        } else if let status = body["status"]?.stringValue, step.method == "PUT" {
            if path.hasSuffix("/payment-status") {
                wish = .paymentStatus(status)
            } else if path.hasSuffix("/status") {
                wish = .status(status)
            } else {
                return nil
            }
        } else {
            return nil
        }
    }

    /// Whether the order must be read before the step.
    ///
    /// SFCC would take both of these and undo something: `new` reopens a cancelled order and
    /// `part_paid` takes a late, lower snapshot over `paid`.
    var needsOrder: Bool {
        switch wish {
        case .attributes: false
        case .status: true
        case .paymentStatus(let status): status != "paid"
        }
    }

    /// What the order's present state means for the step.
    func readiness(in order: JSONValue) -> Readiness {
        switch wish {
        case .attributes(let attributes):
            return attributes.allSatisfy { order[$0.key] == $0.value } ? .done : .possible
        case .paymentStatus(let wanted):
            let current = order["paymentStatus"]?.stringValue
            return current == wanted || current == "paid" ? .done : .possible
        case .status(let wanted):
            switch order["status"]?.stringValue {
            case wanted, "new", "open", "completed": return .done
            case "created": return .possible
            case let current:
                let state = Redaction.safe(current ?? "missing")
                return .refused(
                    Failure(
                        cause: .businessRejected, code: "order_\(state)",
                        message: "the order's status is \(state), so it cannot become \(wanted)"))
            }
        }
    }
}
