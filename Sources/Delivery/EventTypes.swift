package import MessageQueue

/// What the queue knows about each type of event, read once when a worker starts.
package struct EventTypes: Sendable {
    private let rules: [Int16: MessageQueue.TypeRule]

    package init(_ rules: [MessageQueue.TypeRule]) {
        self.rules = Dictionary(uniqueKeysWithValues: rules.map { ($0.typeID, $0) })
    }

    /// The rule of a type. A type added after this worker started has the strictest one: few
    /// attempts, successors held.
    package subscript(typeID: Int16) -> MessageQueue.TypeRule {
        rules[typeID]
            ?? MessageQueue.TypeRule(
                typeID: typeID, name: "type \(typeID)", attemptLimit: 8, holdsSuccessors: true)
    }
}
