import Foundation
import NIOConcurrencyHelpers
import PaymentEvents
import Sandbox

/// Plays the shop: creates the orders in SFCC and authorizes their payments at Stripe.
struct DemoStorefront: Sendable {
    let sandbox: SandboxControl
    let sandboxURL: String
    let secretKey: String

    /// Creates the SFCC orders of the plan.
    func createOrders(_ plan: DemoPlan) async throws {
        let seeds = plan.orders.map {
            OrderSeed(
                orderNo: $0.orderNo, siteId: $0.siteID, total: Self.major($0.amount),
                currency: DemoPlan.currency)
        }
        try await sandbox.createOrders(seeds)
    }

    /// Authorizes one order's payment with manual capture; returns the PaymentIntent's id.
    func authorize(_ order: DemoPlan.Order) async throws -> String {
        let form = [
            ("amount", String(order.amount)), ("currency", DemoPlan.currency.lowercased()),
            ("capture_method", "manual"), ("confirm", "true"), ("payment_method", "pm_card_visa"),
            ("metadata[order_id]", order.orderNo), ("metadata[site_id]", order.siteID),
        ]
        let answer = try await DemoWeb.post(
            sandboxURL + "/v1/payment_intents",
            headers: [
                ("Authorization", "Bearer \(secretKey)"),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Idempotency-Key", "storefront-\(order.orderNo)"),
            ],
            body: Array(
                form.map { Self.escape($0.0) + "=" + Self.escape($0.1) }
                    .joined(separator: "&").utf8))
        guard answer.status == 200, let id = try? JSONValue(parsing: answer.body)["id"]?.stringValue
        else {
            throw DemoError(
                "the Stripe double refused order \(order.orderNo): HTTP \(answer.status) "
                    + answer.text)
        }
        return id
    }

    /// `12.05` for 1205.
    static func major(_ minor: Int) -> String {
        String(format: "%d.%02d", minor / 100, minor % 100)
    }

    private static func escape(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
}
