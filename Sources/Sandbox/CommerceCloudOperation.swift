import Foundation

/// One call of the SCAPI Orders double, taken apart.
struct CommerceCloudOperation: Sendable {
    enum Verb: Sendable {
        case get
        case patch
        case put(Order.Field)
    }

    var verb: Verb
    var organization: String
    var orderNo: String

    /// The name that fault rules and counts use: `orders.get`, `orders.update`, or a status field
    /// such as `orders.payment_status`.
    var name: String {
        switch verb {
        case .get: "orders.get"
        case .patch: "orders.update"
        case .put(let field): "orders." + field.rawValue
        }
    }

    var isWrite: Bool {
        if case .get = verb { return false }
        return true
    }

    /// Takes `/checkout/orders/v1/organizations/{org}/orders/{orderNo}[/{field}]` apart.
    init?(_ call: Call) {
        let parts = call.path.split(separator: "/").map { part in
            String(part).removingPercentEncoding ?? String(part)
        }
        guard
            parts.count == 7 || parts.count == 8,
            parts.prefix(4) == ["checkout", "orders", "v1", "organizations"], parts[5] == "orders"
        else { return nil }
        organization = parts[4]
        orderNo = parts[6]
        switch (call.method, parts.count) {
        case ("GET", 7): verb = .get
        case ("PATCH", 7): verb = .patch
        case ("PUT", 8):
            guard let field = Order.Field.allCases.first(where: { $0.segment == parts[7] }) else {
                return nil
            }
            verb = .put(field)
        default: return nil
        }
    }
}
