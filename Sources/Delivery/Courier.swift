package import MessageQueue

/// Carries one message to its destination and says how it ended.
///
/// The worker calls it for different ordering keys side by side, and for one key in sequence. It
/// must not throw: what went wrong is an outcome.
package protocol Courier: Sendable {
    func deliver(_ parcel: Parcel) async -> Delivered
}

/// A message with the right to deliver it.
package struct Parcel: Sendable {
    package let message: Message
    package let lane: LaneID
    package let epoch: Int64

    package init(message: Message, lane: LaneID, epoch: Int64) {
        self.message = message
        self.lane = lane
        self.epoch = epoch
    }
}

/// What a courier did with a parcel.
package struct Delivered: Sendable {
    package var outcome: Outcome
    /// A request is stored for the message and must be forgotten once it is delivered.
    package var hasIntent: Bool
    /// The lease is gone: the outcome must not be recorded, somebody else delivers.
    package var isAbandoned: Bool

    package init(_ outcome: Outcome, hasIntent: Bool = false, isAbandoned: Bool = false) {
        self.outcome = outcome
        self.hasIntent = hasIntent
        self.isAbandoned = isAbandoned
    }
}
