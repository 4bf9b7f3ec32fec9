import Foundation

/// Stripe's memory of idempotency keys, for one account.
///
/// 1. Status and body of the first request are kept once its endpoint began to run, 4xx and 500
///    included, and every later call with the key gets them again.
/// 2. A call that was refused before that (429, 401, validation, another call in flight) leaves
///    nothing behind: the caller forgets the key with `abandon`.
/// 3. The same key with another endpoint or other parameters is an error, not a replay.
/// 4. A key is dropped once it is 24 h old; then the same key runs as a new request.
///
/// Source: docs.stripe.com/api/idempotent_requests.
struct IdempotencyStore {
    /// What a key means to a call that arrives with it.
    enum Finding: Equatable {
        case new
        case inFlight
        case mismatch
        case saved(Answer, requestID: String)
    }

    private struct Entry {
        var fingerprint: String
        var startedAt: Date
        var requestID: String
        var answer: Answer?
    }

    static let lifetime: TimeInterval = 24 * 60 * 60
    private var entries: [String: Entry] = [:]

    /// The number of keys kept, old ones included until they are asked for.
    var count: Int { entries.count }

    /// Looks a key up and, when it is new, marks it as in flight.
    mutating func begin(
        _ key: String, fingerprint: String, requestID: String, at now: Date
    ) -> Finding {
        if let entry = entries[key] {
            let isPruned = now.timeIntervalSince(entry.startedAt) >= Self.lifetime
            guard let answer = entry.answer else { return .inFlight }
            if !isPruned {
                return entry.fingerprint == fingerprint
                    ? .saved(answer, requestID: entry.requestID) : .mismatch
            }
        }
        entries[key] = Entry(fingerprint: fingerprint, startedAt: now, requestID: requestID)
        return .new
    }

    /// Keeps the answer of the request that `begin` let through.
    mutating func save(_ answer: Answer, for key: String) {
        entries[key]?.answer = answer
    }

    /// Forgets a key whose request never began to run.
    mutating func abandon(_ key: String) {
        if entries[key]?.answer == nil { entries[key] = nil }
    }
}
