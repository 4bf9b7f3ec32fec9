package import Testing

/// Waits until `condition` holds, by asking again and again, and records an issue when it does not
/// within the limit. For what no gate can announce: the state of another process or of the server.
package func eventually(
    _ what: String, within limit: Duration = .seconds(20),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        // A pause between two looks, so that the asking does not slow what is waited for.
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("\(what) did not happen within \(limit)", sourceLocation: sourceLocation)
}
