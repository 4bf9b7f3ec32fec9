internal import AsyncHTTPClient
import Delivery
import Foundation
internal import NIOCore
internal import NIOPosix
import PaymentEvents

/// A call that brought no whole answer, and whether it can have arrived.
struct CallFailure: Error, Sendable {
    /// False only when the connection was never established, so that nothing can have happened.
    var mayHaveArrived: Bool
    var failure: Failure

    /// Classifies an error of the transport; `peer` is who was called.
    init(_ error: any Error, peer: String, httpStatus: Int? = nil, requestID: String? = nil) {
        mayHaveArrived = httpStatus != nil || !Self.precedesRequest(error)
        let reason =
            switch error {
            case is NIOTooManyBytesError: "the response is too large"
            case is CancellationError: "the call was cancelled"
            case let error as HTTPClientError: error.shortDescription
            case is NIOConnectionError: "no connection could be made"
            case let error as IOError: "the socket failed with error \(error.errnoCode)"
            default: Redaction.safe(String(describing: error))
            }
        failure = Failure(
            cause: mayHaveArrived ? .outcomeUnknown : .providerDown,
            code: mayHaveArrived ? "no_response" : "not_connected",
            message: "the call to \(peer) failed: \(reason)", httpStatus: httpStatus,
            requestID: requestID)
    }

    private static func precedesRequest(_ error: any Error) -> Bool {
        if error is NIOConnectionError { return true }
        // Only connect(2) is refused; an established connection is reset.
        if let error = error as? IOError { return error.errnoCode == ECONNREFUSED }
        guard let error = error as? HTTPClientError else { return false }
        return [
            .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout,
            .socksHandshakeTimeout, .httpProxyHandshakeTimeout, .alreadyShutdown, .invalidURL,
            .emptyHost, .emptyScheme,
        ].contains(error)
    }
}
