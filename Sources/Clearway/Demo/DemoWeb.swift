import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The few HTTP calls that the demo makes itself, as a storefront and as a producer.
struct DemoWeb: Sendable {
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Posts once; a connection that fails is tried again, because each of our calls is idempotent.
    static func post(
        _ url: String, headers: [(String, String)], body: [UInt8], triesMax: Int = 20
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        var tries = 0
        while true {
            tries += 1
            do {
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
                let bytes = try await response.body.collect(upTo: 1 << 22)
                let status = Int(response.status.code)
                guard tries < triesMax, status == 429 || status == 503 else {
                    return Answer(status: status, body: Array(buffer: bytes))
                }
            } catch {
                guard tries < triesMax, !(error is CancellationError) else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50 * tries))
        }
    }
}

/// Runs `body` over the elements, at most `width` at once.
func forEach<Element: Sendable>(
    _ elements: some Sequence<Element>, width: Int,
    _ body: @escaping @Sendable (Element) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var running = 0
        for element in elements {
            if running == width {
                try await group.next()
                running -= 1
            }
            group.addTask { try await body(element) }
            running += 1
        }
        try await group.waitForAll()
    }
}

extension DemoWeb {
    /// The status of a GET; `nil` when nobody answers.
    static func status(of url: String) async -> Int? {
        let request = HTTPClientRequest(url: url)
        let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(2))
        _ = try? await response?.body.collect(upTo: 1 << 24)
        return response.map { Int($0.status.code) }
    }
}
