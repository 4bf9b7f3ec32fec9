/// What `NOTIFY` sent: a hint that something changed, never the only carrier of a fact.
package struct Notification: Sendable, Equatable {
    package let channel: String
    package let payload: String
    /// The backend that sent it.
    package let processID: Int32
}
