import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The context of a request that remembers its connection, so that a fault can cut it.
struct SandboxRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// Takes HTTP apart, hands the call to the double that owns the path, and writes what it says.
struct SandboxResponder: HTTPResponder {
    typealias Context = SandboxRequestContext

    let stripe: StripeDouble
    let accountManager: AccountManager
    let commerceCloud: CommerceCloudDouble
    let control: ControlRoutes

    /// The largest body that is read: SCAPI's limit. The bulk creation of orders may send more.
    private static let bodyBytesMax = 5 << 20
    private static let controlBodyBytesMax = 64 << 20

    func respond(to request: Request, context: Context) async throws -> Response {
        let path = request.uri.path
        let isControl = path.hasPrefix("/_sandbox")
        let limit = isControl ? Self.controlBodyBytesMax : Self.bodyBytesMax
        var body = ByteBuffer()
        for try await part in request.body {
            guard body.readableBytes + part.readableBytes <= limit else {
                return Response(status: .contentTooLarge, headers: [.connection: "close"])
            }
            var part = part
            body.writeBuffer(&part)
        }
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        let call = Call(
            method: request.method.rawValue, path: path, query: request.uri.query ?? "",
            headers: headers, body: Array(body.readableBytesView))
        switch await reaction(to: call) {
        case .answer(let answer): return Self.response(answer)
        case .drop:
            try? await context.channel.close(mode: .all)
            return Response(status: .serviceUnavailable)
        }
    }

    private func reaction(to call: Call) async -> Reaction {
        if call.path == "/v1" || call.path.hasPrefix("/v1/") {
            await stripe.react(to: call)
        } else if call.path.hasPrefix("/checkout/orders/") {
            await commerceCloud.react(to: call)
        } else if call.path == "/dwsso/oauth2/access_token", call.method == "POST" {
            await accountManager.react(to: call)
        } else if call.path.hasPrefix("/_sandbox") {
            .answer(await control.answer(call))
        } else {
            .answer(Problem.notFound(call.path).answer)
        }
    }

    private static func response(_ answer: Answer) -> Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) {
                headers.append(HTTPField(name: name, value: value))
            }
        }
        return Response(
            status: .init(code: answer.status), headers: headers,
            body: answer.body.isEmpty ? .init() : .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
