// One connection: bytes in, requests taken off them, replies out. Lives on its shard's thread.
#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "input_buffer.hpp"
#include "peer_socket.hpp"
#include "server/endpoints/app.hpp"
#include "server/endpoints/routes.hpp"
#include "server/http/chunk_decoder.hpp"
#include "server/http/head_scanner.hpp"
#include "server/http/problem.hpp"
#include "server/http/reply.hpp"

namespace lanewise::server {

class shard;

class session : public std::enable_shared_from_this<session>,
                public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    session(shard& home, peer_socket socket, std::uint64_t number);
    ~session();

    /// Keeps itself until it is closed, and waits for a request. Its shard is told of what comes.
    void start();

    /// The socket can be read, or written again; the events are those of epoll.
    void on_ready(std::uint32_t events) noexcept;

    /// Answers 503 and hangs up: there are as many connections as there may be.
    void turn_away();

    /// Looks whether a deadline has passed. Called by the shard's one timer.
    void sweep();

    /// Hangs up at once, whatever is going on.
    void close();

private:
    enum class stage : std::uint8_t { head, body, computing, lingering };
    enum class step : std::uint8_t { next, need_input, waiting };
    struct computation;

    // Replies of pipelined requests are gathered up to this size, then written; a larger body goes
    // by itself.
    static constexpr std::size_t gathered_bytes_max = 64 << 10;

    void proceed() noexcept;
    template <class Work>
    void within_memory(Work work) noexcept;
    void take_requests();
    step take_head();
    void begin_request(const request& head, std::string_view bytes);
    bool answer_known();
    void expect_body(const request& head);
    void expect_nothing(const request& head);
    [[nodiscard]] bool wants_body() const { return stage_ == stage::body && call_.has_value(); }
    step take_body();
    step take_chunks();
    void answer(decision decided);
    void answer(kernel_call call);
    void on_computed(outcome<reply> result) noexcept;
    void send(reply what);
    void send(outcome<reply> what);
    void refuse(problem why);
    void count(int status);
    void note_durations();
    void refuse_head(problem why);
    void refuse_rest(problem why);

    bool join();
    void take_input();
    bool receive();
    void take_received(std::size_t count, bool into_body);
    bool flush();
    void send_rest();
    void linger();
    void set_low_water(std::size_t bytes);

    void restart_clock();
    [[nodiscard]] bool overdue(std::uint64_t limit_ms) const;
    [[nodiscard]] bool too_slow(std::uint64_t window_ms, std::uint64_t held_bytes);

    // What every small request touches comes first: with hundreds of connections, each of these
    // lines has to come from far.
    shard& home_;
    app& shared_;
    peer_socket socket_;

    stage stage_ = stage::head;
    bool wants_input_ = false;        // goes on once there is some
    bool readable_ = false;           // there may be something to read
    bool reads_until_empty_ = false;  // a short read is not the last: an end or urgent data follows
    bool writing_ = false;            // waits until the socket takes the rest of the replies
    bool watches_room_ = false;       // has asked to be told of that
    bool peer_done_ = false;          // the peer will send no more
    bool hang_up_ = false;            // after what is to be written
    bool must_linger_ = false;        // for the peer may still be sending
    std::uint64_t since_ms_ = 0;      // when this stage, or this window of its rate, began
    std::uint64_t moved_bytes_ = 0;   // in this window
    std::uint64_t held_bytes_ = 0;    // by the system, unread, when this window began
    std::uint64_t requests_ = 0;
    std::uint64_t body_rest_ = 0;                     // bytes of a body that are still to come
    std::size_t route_ = 0;                           // of the request that is being answered
    std::chrono::steady_clock::time_point arrived_ =  // when the last bytes came
        std::chrono::steady_clock::now();
    input_buffer input_;
    head_scanner scanner_;
    body_buffer unsent_body_;              // follows unsent_
    std::optional<chunk_decoder> chunks_;  // of a chunked body

    delivery delivery_;
    const std::uint64_t number_;
    std::shared_ptr<session> self_;  // while the connection is open
    std::size_t low_water_ = 1;
    std::string trace_fields_;                // its trace, as lines of the reply
    request_line log_line_;                   // of it, where requests are logged
    std::optional<kernel_call> call_;         // waits for its body
    std::unique_ptr<decision> decided_;       // waits for the end of a body that nobody wanted
    std::optional<outcome<reply>> computed_;  // waits until the replies before it are written
    body_buffer body_;
    body_buffer unsent_;  // of the replies that the socket would not take
    std::size_t unsent_at_ = 0;
    std::size_t unsent_body_at_ = 0;
};

}  // namespace lanewise::server
