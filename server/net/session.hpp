// One connection: bytes in, requests taken off them, replies out. Lives on one thread's loop.
#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "body_intake.hpp"
#include "event_loop.hpp"
#include "input_buffer.hpp"
#include "offloaded_call.hpp"
#include "outbox.hpp"
#include "pending_memory.hpp"
#include "rate_window.hpp"
#include "server/endpoints/decide.hpp"
#include "server/http/head_scanner.hpp"
#include "server/http/problem.hpp"
#include "server/http/reply.hpp"
#include "watched_socket.hpp"

namespace lanewise::server {

class session : public std::enable_shared_from_this<session>,
                public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
                private socket_watcher,
                private pending_memory::holder,
                private offloaded_call::asker {
public:
    session(event_loop& home, peer_socket socket, std::uint64_t number);
    ~session();

    /// Keeps itself until it is closed, and waits for a request.
    void start();

    /// Answers 503 and hangs up: there are as many connections as there may be.
    void turn_away();

    /// Looks whether a deadline has passed. To be called once a period of the loop's clock.
    void sweep();

    /// Hangs up at once, whatever is going on.
    void close();

private:
    enum class stage : std::uint8_t { head, body, computing, lingering };
    enum class step : std::uint8_t { next, need_input, waiting };

    // A request's way, from its bytes to its reply (session.cpp).
    void on_socket_event(std::uint32_t events) noexcept override;
    void proceed() noexcept;
    template <class Work>
    void within_memory(Work work) noexcept;
    void take_input();
    void take_requests();
    step take_head();
    bool answer_known();
    void begin_request(const request& head, std::string_view bytes);
    void expect_body(const request& head);
    void expect_nothing(const request& head);
    step take_body();
    void answer(decision decided);
    void answer(kernel_query query);
    void on_computed(std::shared_ptr<offloaded_call> done) noexcept override;
    void end_if_stopping();
    void send(reply what);
    void send(outcome<reply> what);
    void refuse(problem why);
    void refuse_head(problem why);
    void note_refused_head();
    void refuse_rest(problem why);
    void count(int status);
    bool give_way() noexcept override;
    [[nodiscard]] bool holds_pending() const {
        return socket_.is_open() && (input_.holds_pool_memory() || outbox_.waits());
    }

    // Bytes in and out, the end, and deadlines (session_io.cpp).
    bool join();
    bool receive();
    bool take_error(boost::system::error_code error);
    void take_received(std::size_t count, bool straight);
    void take_end();
    bool flush();
    bool send_unsent();
    void wait_for_room();
    void drop(const char* why);
    void linger();
    void restart_clock();
    [[nodiscard]] bool overdue(std::uint64_t limit_ms) const;
    [[nodiscard]] bool ends_idle() const;
    [[nodiscard]] bool too_slow(std::uint64_t window_ms, std::uint64_t held_bytes);

    // What every small request touches comes first: with hundreds of connections, each of these
    // lines has to come from far.
    event_loop& home_;
    app& shared_;
    watched_socket socket_;
    stage stage_ = stage::head;
    bool wants_input_ = false;  // goes on once there is some
    bool hang_up_ = false;      // after what is to be written
    bool must_linger_ = false;  // for the peer may still be sending
    rate_window window_;        // of this stage
    std::uint64_t requests_ = 0;
    std::size_t route_ = 0;                           // of the request that is being answered
    std::chrono::steady_clock::time_point arrived_ =  // when the last bytes came
        std::chrono::steady_clock::now();
    input_buffer input_;
    head_scanner scanner_;
    outbox outbox_;
    delivery delivery_;
    body_intake intake_;

    const std::uint64_t number_;
    std::shared_ptr<session> self_;             // while the connection is open
    std::string trace_fields_;                  // its trace, as lines of the reply
    request_line log_line_;                     // of it, where requests are logged
    std::optional<kernel_query> call_;          // waits for its body
    std::unique_ptr<decision> decided_;         // waits for the end of a body that nobody wanted
    std::shared_ptr<offloaded_call> computed_;  // waits until the replies before it are written
};

}  // namespace lanewise::server
