import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore
import StripeConnector

/// One call as a stub saw it.
struct StubCall: Sendable {
    var method: String
    var path: String
    var headers: [String: String]
    var body: String
}

/// What a stub answers.
struct StubAnswer: Sendable {
    var status: Int
    var headers: [String: String] = [:]
    var body = ""
}

/// The calls that a stub has seen, in order.
final class StubLog: Sendable {
    private let calls = NIOLockedValueBox<[StubCall]>([])

    var all: [StubCall] { calls.withLockedValue { $0 } }
    func add(_ call: StubCall) -> Int {
        calls.withLockedValue {
            $0.append(call)
            return $0.count
        }
    }
}

/// The transport of all connector tests; lives as long as the process.
let transport = HTTPClient(configuration: StripeClient.transport)

/// Serves `answer` over real HTTP on loopback for as long as `body` runs. The number given to
/// `answer` counts the calls from 1.
func withStub<Value: Sendable>(
    _ answer: @escaping @Sendable (StubCall, Int) async -> StubAnswer,
    _ body: @Sendable (_ url: String, StubLog) async throws -> Value
) async throws -> Value {
    let log = StubLog()
    let (ports, port) = AsyncStream<Int>.makeStream()
    let responder = CallbackResponder<BasicRequestContext> { request, _ in
        let buffer = try await request.body.collect(upTo: 1 << 20)
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        let call = StubCall(
            method: request.method.rawValue, path: request.uri.string, headers: headers,
            body: String(buffer: buffer))
        let answer = await answer(call, log.add(call))
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(
            status: .init(code: answer.status), headers: fields,
            body: .init(byteBuffer: ByteBuffer(string: answer.body)))
    }
    var logger = Logger(label: "stub")
    logger.logLevel = .critical
    let application = Application(
        responder: responder,
        configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in
            port.yield(channel.localAddress?.port ?? 0)
            port.finish()
        }, logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await application.run() }
        var number = 0
        for await bound in ports { number = bound }
        defer { group.cancelAll() }
        return try await body("http://127.0.0.1:\(number)", log)
    }
}
