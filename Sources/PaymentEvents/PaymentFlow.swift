extension EventType {
    package static let authorizationSucceeded = EventType("payment.authorization.succeeded")
    package static let captureRequested = EventType("payment.capture.requested")
    package static let captureSucceeded = EventType("payment.capture.succeeded")
    package static let voidRequested = EventType("payment.void.requested")
    package static let refundRequested = EventType("payment.refund.requested")
    package static let refundSucceeded = EventType("payment.refund.succeeded")
}

/// Authorization, capture, void and refund.
///
/// Priorities follow the cost of delay: a void before its deadline, then captures, then refunds,
/// then the facts that bring SFCC up to date.
extension EventDefinition {
    static let paymentFlow: [EventDefinition] = [
        authorizationSucceeded, captureRequested, captureSucceeded, voidRequested, refundRequested,
        refundSucceeded,
    ]

    private static let authorizationSucceeded = EventDefinition(
        type: .authorizationSucceeded, kind: .fact, direction: .stripeToCommerce,
        routes: [Route(.commerceCloud, ordering: .order)],
        dedupe: .state(of: .paymentIntent, fields: ["status", "amount_capturable"]),
        priority: 5, successors: .goOn, requiredIDs: [.paymentIntent],
        money: .required(.positive),
        dataFields: [
            // Until when the authorization can be captured.
            DataField("capture_before", .timestamp),
            // True while a fraud review is open: the order stays `created`.
            DataField("is_on_hold", .boolean),
        ],
        owner: .checkout)

    private static let captureRequested = EventDefinition(
        type: .captureRequested, kind: .command, direction: .commerceToStripe,
        routes: [Route(.stripe, ordering: .object(.paymentIntent))], operation: "capture",
        dedupe: .operation, priority: 2, successors: .hold,
        money: .required(.positive),
        // capture_before of the authorization, where the producer knows it.
        deadline: .optional,
        dataFields: [
            // False keeps the rest of the authorization open (multicapture).
            DataField("final_capture", .boolean),
            DataField("statement_descriptor_suffix", .text(bytesMax: 22)),
        ],
        owner: .orderManagement)

    private static let captureSucceeded = EventDefinition(
        type: .captureSucceeded, kind: .fact, direction: .stripeToCommerce,
        routes: [Route(.commerceCloud, ordering: .order)],
        dedupe: .state(of: .paymentIntent, fields: ["status", "amount_received"]),
        priority: 6, successors: .goOn, requiredIDs: [.paymentIntent],
        money: .required(.positive),
        dataFields: [
            // Cumulative, to tell part_paid from paid.
            DataField("captured_total_minor", .integer(0...Int64.max)),
            DataField("order_total_minor", .integer(0...Int64.max)),
        ],
        owner: .paymentsOperations)

    private static let voidRequested = EventDefinition(
        type: .voidRequested, kind: .command, direction: .commerceToStripe,
        routes: [Route(.stripe, ordering: .object(.paymentIntent))], operation: "void",
        dedupe: .operation, priority: 1, successors: .hold,
        money: .optional(.positive), deadline: .optional,
        dataFields: [
            DataField(
                "cancellation_reason",
                .oneOf(["duplicate", "fraudulent", "requested_by_customer", "abandoned"]))
        ],
        owner: .orderManagement)

    private static let refundRequested = EventDefinition(
        type: .refundRequested, kind: .command, direction: .commerceToStripe,
        routes: [Route(.stripe, ordering: .object(.paymentIntent))], operation: "refund",
        dedupe: .operation, priority: 3, successors: .hold,
        money: .required(.positive), deadline: .optional,
        dataFields: [
            DataField("reason", .oneOf(["duplicate", "fraudulent", "requested_by_customer"]))
        ],
        owner: .customerService)

    private static let refundSucceeded = EventDefinition(
        type: .refundSucceeded, kind: .fact, direction: .stripeToCommerce,
        routes: [Route(.commerceCloud, ordering: .order)],
        dedupe: .state(of: .refund, fields: ["status", "amount"]),
        priority: 6, successors: .goOn, requiredIDs: [.paymentIntent, .refund],
        money: .required(.positive),
        dataFields: [
            // Cumulative over all refunds of the payment.
            DataField("refunded_total_minor", .integer(0...Int64.max)),
            DataField("order_total_minor", .integer(0...Int64.max)),
        ],
        owner: .financeOperations)
}
