package import Foundation
package import Postgres

/// A message as its lane's holder read it.
package struct Message: Sendable {
    /// Where it lies in its lane; the order of delivery.
    package let position: Int64
    /// Its identity, the same through retries and replays.
    package let messageID: Int64
    package let eventSequence: Int64
    package let typeID: Int16
    package let priority: Int16
    /// How many attempts were made before this one.
    package let attemptCount: Int
    /// Ask the destination before anything is sent: the effect may exist.
    package let mustLook: Bool
    package let keyHash: Int64
    /// Messages of this key may go up to this one; `nil` when the key is free.
    package let throughID: Int64?
    /// The deadline has passed: it goes to a person, not to the destination.
    package let isExpired: Bool
    package let acceptedAt: Date
    private let row: Row

    init(_ row: Row) throws(PostgresError) {
        let columns = try row.decode(
            (
                Int64, Text, Int64, Int64, Int64, Int16, Int16, Int16, Bool, Int64, Int64?, Bool,
                Date, Text?
            ).self)
        position = columns.2
        messageID = columns.3
        eventSequence = columns.4
        typeID = columns.5
        priority = columns.6
        attemptCount = Int(columns.7)
        mustLook = columns.8
        keyHash = columns.9
        throughID = columns.10
        isExpired = columns.11
        acceptedAt = columns.12
        self.row = row
    }

    /// The event's JSON, word for word; `nil` when its partition has been dropped.
    ///
    /// Read on demand, because a batch of messages shares one result and most handlers need the
    /// text only when they are about to send.
    package func body() throws(PostgresError) -> String? {
        try row.decode("body", as: String?.self)
    }
}

/// A column that is present but not read. Decoding it costs nothing.
private struct Text: PostgresDecodable {
    static func decode(_ cell: Cell) throws(DecodingFailure) -> Text { Text() }
}
