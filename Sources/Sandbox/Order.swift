import Foundation

/// An order of the SFCC double and the rules by which it changes.
struct Order: Sendable {
    /// A property with a `PUT` of its own.
    enum Field: String, Sendable, CaseIterable {
        case status
        case paymentStatus = "payment_status"
        case exportStatus = "export_status"
        case externalStatus = "external_status"
        case confirmationStatus = "confirmation_status"
        case shippingStatus = "shipping_status"

        /// The path segment, such as `payment-status`.
        var segment: String { rawValue.replacing("_", with: "-") }

        /// What may be sent; `nil` for any string.
        var choices: [String]? {
            switch self {
            case .status:
                ["created", "new", "completed", "cancelled", "failed", "failed_with_reopen"]
            case .paymentStatus: ["not_paid", "part_paid", "paid"]
            case .exportStatus: ["not_exported", "ready", "exported", "failed"]
            case .externalStatus: nil
            case .confirmationStatus: ["not_confirmed", "confirmed"]
            case .shippingStatus: ["not_shipped", "part_shipped", "shipped"]
            }
        }
    }

    let siteID: String
    let orderNo: String
    let total: String
    let currency: String
    let created: Date
    var lastModified: Date
    var attributes: [String: JSON] = [:]
    private(set) var fields: [Field: String]

    init(_ seed: OrderSeed, at now: Date) {
        siteID = seed.siteId
        orderNo = seed.orderNo
        total = seed.total
        currency = seed.currency
        created = now
        lastModified = now
        fields = [
            .status: seed.status ?? "created", .paymentStatus: "not_paid",
            .exportStatus: "not_exported", .confirmationStatus: "not_confirmed",
            .shippingStatus: "not_shipped",
        ]
    }

    /// Sets a field, or says why SFCC does not allow it. Returns old and new value.
    ///
    /// An order that was placed (new, completed, cancelled) never becomes created or failed again;
    /// a failed one can only be reopened; setting what is already there is accepted.
    mutating func set(
        _ field: Field, to wanted: String, at now: Date
    ) throws(Problem) -> (from: String?, to: String) {
        if let choices = field.choices, !choices.contains(wanted) {
            throw .badRequest(
                "The value '\(wanted)' of the property with path '$.status' is not one of "
                    + "\(choices.joined(separator: ", ")).")
        }
        let old = fields[field]
        let new = wanted == "failed_with_reopen" ? "failed" : wanted
        if field == .status, let old, old != new, !Self.canChange(from: old, to: new) {
            throw .statusTransition(from: old, to: wanted, orderNo: orderNo)
        }
        fields[field] = new
        lastModified = now
        return (old, new)
    }

    private static func canChange(from old: String, to new: String) -> Bool {
        switch old {
        case "created": true
        case "failed": new == "created"
        default: new != "created" && new != "failed"
        }
    }

    var state: OrderState {
        OrderState(
            siteId: siteID, orderNo: orderNo, total: total, currency: currency,
            status: fields[.status] ?? "", paymentStatus: fields[.paymentStatus] ?? "",
            exportStatus: fields[.exportStatus] ?? "", externalStatus: fields[.externalStatus],
            confirmationStatus: fields[.confirmationStatus] ?? "",
            shippingStatus: fields[.shippingStatus] ?? "", attributes: attributes.mapValues(\.text))
    }

    /// The document of `GET …/orders/{orderNo}`.
    var json: JSON {
        var members: [String: JSON] = [
            "confirmationStatus": .string(orNull: fields[.confirmationStatus]),
            "createdBy": "storefront",
            "creationDate": .string(Self.text(created)),
            "currency": .string(currency),
            "customerInfo": ["customerId": .string("abSandbox" + orderNo), "guest": true],
            "customerLocale": "en_US",
            "exportStatus": .string(orNull: fields[.exportStatus]),
            "lastModified": .string(Self.text(lastModified)),
            "orderNo": .string(orderNo),
            "orderTotal": .number(total),
            "paymentInstruments": [
                [
                    "paymentInstrumentId": .string("pi" + siteID + orderNo),
                    "paymentMethodId": "CREDIT_CARD",
                    "paymentTransaction": ["amount": .number(total)],
                ]
            ],
            "paymentStatus": .string(orNull: fields[.paymentStatus]),
            "shippingStatus": .string(orNull: fields[.shippingStatus]),
            "siteId": .string(siteID),
            "status": .string(orNull: fields[.status]),
        ]
        if let external = fields[.externalStatus] { members["externalStatus"] = .string(external) }
        members.merge(attributes) { _, new in new }
        return .object(members)
    }

    private static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
