import Sandbox

/// What goes wrong at the doubles while the demo runs.
enum DemoFaults {
    /// All the time, a little of everything.
    static let steady: [FaultRule] =
        [
            FaultRule(api: .stripe, fault: .latency, rate: 0.3, latencyMs: 10, latencyMaxMs: 80),
            FaultRule(
                api: .commerceCloud, fault: .latency, rate: 0.3, latencyMs: 10, latencyMaxMs: 60),
        ]
        + ["payment_intents.capture", "payment_intents.cancel", "refunds.create"].flatMap {
            [
                FaultRule(api: .stripe, fault: .dropAfterEffect, operation: $0, rate: 0.04),
                FaultRule(api: .stripe, fault: .dropBeforeEffect, operation: $0, rate: 0.02),
                FaultRule(api: .stripe, fault: .serverErrorAfterEffect, operation: $0, rate: 0.02),
                FaultRule(api: .stripe, fault: .lockTimeout, operation: $0, rate: 0.02),
            ]
        }
        + ["orders.update", "orders.status", "orders.payment_status"].flatMap {
            [
                FaultRule(api: .commerceCloud, fault: .dropAfterEffect, operation: $0, rate: 0.02),
                FaultRule(
                    api: .commerceCloud, fault: .gatewayTimeoutAfterEffect, operation: $0,
                    rate: 0.02),
                FaultRule(api: .commerceCloud, fault: .serverError, operation: $0, rate: 0.01),
            ]
        }

    /// A burst, begun when this share of the commands has been accepted.
    struct Burst: Sendable {
        let share: Double
        let name: String
        let rule: FaultRule
    }

    static let bursts: [Burst] = [
        Burst(
            share: 0.2, name: "Stripe answers 429",
            rule: FaultRule(
                api: .stripe, fault: .rateLimited, operation: "payment_intents.capture", rate: 0.9,
                count: 25, reason: "global-rate")),
        Burst(
            share: 0.35, name: "SFCC sheds load with 503",
            rule: FaultRule(
                api: .commerceCloud, fault: .throttled, operation: "orders.update", rate: 0.9,
                count: 25)),
        Burst(
            share: 0.5, name: "Stripe answers 500",
            rule: FaultRule(
                api: .stripe, fault: .serverError, operation: "payment_intents.capture", rate: 0.9,
                count: 20)),
        Burst(
            share: 0.65, name: "Stripe drops answers after the effect",
            rule: FaultRule(
                api: .stripe, fault: .dropAfterEffect, operation: "refunds.create", rate: 0.9,
                count: 15)),
        Burst(
            share: 0.8, name: "SFCC answers 429",
            rule: FaultRule(
                api: .commerceCloud, fault: .rateLimited, operation: "orders.update", rate: 0.9,
                count: 20)),
    ]
}
