import HTTPTypes
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore

@testable import Sandbox

/// One webhook request as it arrived.
struct Arrival: Sendable {
    var signature: String
    var body: [UInt8]

    var event: JSON { (try? JSON(parsing: body)) ?? .null }
    var type: String { event["type"]?.text ?? "" }
    var id: String { event["id"]?.text ?? "" }
}

/// A real HTTP endpoint that keeps what it gets and answers with the statuses it is given first.
final class WebhookReceiver: Sendable {
    private let state: NIOLockedValueBox<(arrivals: [Arrival], statuses: [Int])>

    private init(statuses: [Int]) {
        state = NIOLockedValueBox(([], statuses))
    }

    var arrivals: [Arrival] { state.withLockedValue { $0.arrivals } }
    var types: [String] { arrivals.map(\.type) }

    /// Serves on a free port while `body` runs. `statuses` answer the first requests, then 200.
    static func with(
        statuses: [Int] = [], _ body: @Sendable (WebhookReceiver, String) async throws -> Void
    ) async throws {
        let receiver = WebhookReceiver(statuses: statuses)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "receiver")
        logger.logLevel = .error
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
                let bytes = try await request.body.collect(upTo: 1 << 20)
                return receiver.answer(request, Array(bytes.readableBytesView))
            },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) }, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await port in ports {
                try await body(receiver, "http://127.0.0.1:\(port)/webhooks/stripe/us")
                break
            }
            group.cancelAll()
        }
    }

    private func answer(_ request: Request, _ body: [UInt8]) -> Response {
        let signature = HTTPField.Name("Stripe-Signature").flatMap { request.headers[$0] } ?? ""
        let status = state.withLockedValue { state in
            state.arrivals.append(Arrival(signature: signature, body: body))
            return state.statuses.isEmpty ? 200 : state.statuses.removeFirst()
        }
        return Response(status: .init(code: status))
    }
}
