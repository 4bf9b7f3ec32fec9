import Foundation

/// What the demo will do with each order, decided from the seed before anything starts.
struct DemoPlan: Sendable {
    static let tenant = "acme-us"
    static let currency = "USD"
    /// Has every attribute definition that the queue writes.
    static let wholeSite = "RefArch"
    /// Lacks them until the demo repairs it: SCAPI answers 400, and the facts become dead letters.
    static let brokenSite = "RefArchGlobal"

    /// Through which door an order's commands come.
    enum Producer: String, CaseIterable, Sendable {
        /// Signed `POST /v1/events`.
        case http
        /// `clearway.enqueue` in the producer's own transaction.
        case sql
        /// JSON Lines into `clearway enqueue -`.
        case file
    }

    /// What becomes of an authorization.
    enum Life: Equatable, Sendable {
        case captured(Int)
        case refunded(captured: Int, refund: Int)
        case voided
    }

    struct Order: Sendable {
        var orderNo: String
        var siteID: String
        /// Authorized, in minor units.
        var amount: Int
        var life: Life
        var producer: Producer
        /// Every command of this order is sent twice.
        var isRepeated: Bool

        var commandCount: Int {
            if case .refunded = life { 2 } else { 1 }
        }
    }

    let seed: UInt64
    let orders: [Order]

    /// The same count and seed give the same plan.
    init(orderCount: Int, seed: UInt64) {
        self.seed = seed
        var dice = DemoDice(seed: seed)
        orders = (0..<orderCount).map { index in
            let amount = Int.random(in: 500...50_000, using: &dice)
            return Order(
                orderNo: String(format: "%08d", index + 1),
                siteID: dice.chance(0.08) ? Self.brokenSite : Self.wholeSite,
                amount: amount, life: Self.life(of: amount, &dice),
                producer: Producer.allCases[index % Producer.allCases.count],
                isRepeated: dice.chance(0.25))
        }
    }

    var commandCount: Int { orders.reduce(0) { $0 + $1.commandCount } }

    private static func life(of amount: Int, _ dice: inout DemoDice) -> Life {
        switch Int.random(in: 0..<100, using: &dice) {
        case 0..<35: return .captured(amount)
        // Part of it: the rest is released, the order is part_paid.
        case 35..<45: return .captured(Int.random(in: 100...(amount - 1), using: &dice))
        case 45..<65: return .refunded(captured: amount, refund: amount)
        case 65..<80:
            return .refunded(
                captured: amount, refund: Int.random(in: 100...(amount - 1), using: &dice))
        default: return .voided
        }
    }
}

/// A small random generator with a seed (SplitMix64).
struct DemoDice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ rate: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < rate
    }
}
