/// What goes wrong at a double, for whom and how often (`POST /_sandbox/faults`).
///
/// A rule fires with `rate` on each call it matches, at most `count` times. Latencies of several
/// rules add up; of the other faults the first that fires wins.
package struct FaultRule: Codable, Sendable, Equatable {
    /// The double that fails.
    package enum API: String, Codable, Sendable {
        case stripe
        case commerceCloud = "commerce_cloud"
        case accountManager = "account_manager"
    }

    /// What the caller gets, and whether the effect is there.
    package enum Fault: String, Codable, Sendable, CaseIterable {
        /// 429; `reason` is sent as `Stripe-Rate-Limited-Reason`, SFCC adds `Retry-After`. No effect.
        case rateLimited = "rate_limited"
        /// 429 `lock_timeout` without a limiter header. No effect, nothing saved.
        case lockTimeout = "lock_timeout"
        /// 401, as from a revoked key or token. No effect.
        case unauthorized
        /// 500 in front of the endpoint. No effect, nothing saved.
        case serverError = "server_error"
        /// 500 from inside the endpoint. No effect, but saved under the idempotency key.
        case serverErrorSaved = "server_error_saved"
        /// 500 although the effect is there, saved under the idempotency key.
        case serverErrorAfterEffect = "server_error_after_effect"
        /// 503. No effect.
        case unavailable
        /// SFCC sheds load: 503 with `sfdc_load` and `sfdc_load_status: THROTTLE`. No effect.
        case throttled
        /// 504 although the effect is there; saved answers are untouched.
        case gatewayTimeoutAfterEffect = "gateway_timeout_after_effect"
        /// The connection is closed without a response. No effect.
        case dropBeforeEffect = "drop_before_effect"
        /// The connection is closed without a response. The effect is there.
        case dropAfterEffect = "drop_after_effect"
        /// The call takes `latency_ms` (up to `latency_max_ms`) before its effect.
        case latency
        /// The answer comes `latency_ms` (up to `latency_max_ms`) after the effect.
        case latencyAfterEffect = "latency_after_effect"
    }

    /// Given by the sandbox when absent; names the rule for `DELETE /_sandbox/faults/{id}`.
    package var id: String?
    package var api: API
    package var fault: Fault
    /// `payment_intents.capture`, `refunds.create`, `orders.payment_status`, …; any when absent.
    package var operation: String?
    /// An object's id, an order number or an idempotency key; any when absent.
    package var object: String?
    /// The share of matching calls, 0 to 1.
    package var rate: Double
    /// How many calls at most; without end when absent.
    package var count: Int?
    /// `global-rate`, `endpoint-rate`, `global-concurrency`, `endpoint-concurrency`,
    /// `resource-specific`.
    package var reason: String?
    package var latencyMs: Int?
    package var latencyMaxMs: Int?
    /// How often it fired. Kept by the sandbox.
    package var fired: Int?

    package init(
        api: API, fault: Fault, operation: String? = nil, object: String? = nil, rate: Double = 1,
        count: Int? = nil, reason: String? = nil, latencyMs: Int? = nil, latencyMaxMs: Int? = nil
    ) {
        self.api = api
        self.fault = fault
        self.operation = operation
        self.object = object
        self.rate = rate
        self.count = count
        self.reason = reason
        self.latencyMs = latencyMs
        self.latencyMaxMs = latencyMaxMs
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            api: try values.decode(API.self, forKey: .api),
            fault: try values.decode(Fault.self, forKey: .fault),
            operation: try values.decodeIfPresent(String.self, forKey: .operation),
            object: try values.decodeIfPresent(String.self, forKey: .object),
            rate: try values.decodeIfPresent(Double.self, forKey: .rate) ?? 1,
            count: try values.decodeIfPresent(Int.self, forKey: .count),
            reason: try values.decodeIfPresent(String.self, forKey: .reason),
            latencyMs: try values.decodeIfPresent(Int.self, forKey: .latencyMs),
            latencyMaxMs: try values.decodeIfPresent(Int.self, forKey: .latencyMaxMs))
        id = try values.decodeIfPresent(String.self, forKey: .id)
        fired = try values.decodeIfPresent(Int.self, forKey: .fired)
    }
}
