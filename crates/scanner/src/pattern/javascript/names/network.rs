//! Names of functions that serve, ask and send.

/// Whether callbacks of this call are handed what strangers send.
pub(in crate::pattern::javascript) fn is_server(name: &str) -> bool {
    matches!(
        name,
        "http.createServer"
            | "https.createServer"
            | "net.createServer"
            | "Deno.serve"
            | "Bun.serve"
    ) || [
        "express()",
        "fastify()",
        "Router()",
        "Hono()",
        "polka()",
        "koa()",
        "restify.createServer()",
    ]
    .iter()
    .any(|app| {
        name.split_once(app).is_some_and(|(_, method)| {
            matches!(
                method,
                ".get"
                    | ".post"
                    | ".put"
                    | ".patch"
                    | ".all"
                    | ".use"
                    | ".delete"
                    | ".addHook"
                    | ".route"
            )
        })
    })
}

/// Whether a call of this name asks the network.
pub(in crate::pattern::javascript) fn is_network(name: &str) -> bool {
    let name = name.strip_prefix("new ").unwrap_or(name);
    let module = name.split(['.', '(']).next().unwrap_or(name);
    match module {
        "fetch" => matches!(
            name,
            "fetch"
                | "fetch.fetch"
                | "fetch.request"
                | "fetch.stream"
                | "fetch.$fetch"
                | "fetch.ofetch"
                | "fetch.$fetch.raw"
                | "fetch.ofetch.raw"
        ),
        "axios" | "got" | "superagent" | "needle" | "ky" | "bent" | "phin" | "centra" => {
            let instance = name
                .split_once(".create().")
                .or_else(|| name.split_once(".extend()."))
                .is_some_and(|(_, method)| !method.contains(['(', '.']));
            instance || !name.contains("()") && !name.ends_with(".create")
        }
        "request" => {
            name == "request"
                || name == "request.get"
                || name == "request.post"
                || name == "request.put"
        }
        "http2" if name.ends_with(".request") => true,
        "http" | "https" | "http2" => matches!(
            name.split_once('.').map(|(_, rest)| rest),
            Some("get" | "request" | "connect")
        ),
        "net" | "tls" => matches!(
            name,
            "net.connect" | "net.createConnection" | "tls.connect" | "net.Socket"
        ),
        "WebSocket" | "EventSource" | "XMLHttpRequest" => !name.contains('.'),
        "ws" => name == "ws" || name == "ws.WebSocket",
        "navigator" => name == "navigator.sendBeacon",
        "dgram" => name == "dgram.createSocket",
        "nodemailer" => name == "nodemailer.createTransport",
        "jQuery" | "$" => matches!(
            name,
            "$.get" | "$.post" | "$.ajax" | "$.getScript" | "jQuery.ajax" | "jQuery.getScript"
        ),
        "importScripts" => name == "importScripts",
        _ => is_client(module, name),
    }
}

/// Clients of queues, stores, mail and chats, made by a call or a constructor of their module.
fn is_client(module: &str, name: &str) -> bool {
    let made = name.strip_prefix(module).unwrap_or("");
    let plain = !made.contains("()");
    match module {
        "mqtt" | "nats" | "amqplib" | "stompit" => {
            plain && matches!(made, ".connect" | ".connectAsync")
        }
        "socket" => name.starts_with("socket.io-client") && plain,
        "io" => name == "io" || name == "io.connect",
        "basic-ftp"
        | "ftp"
        | "jsftp"
        | "promise-ftp"
        | "ssh2"
        | "node-ssh"
        | "ssh2-sftp-client"
        | "node-scp"
        | "webdav"
        | "@aws-sdk/client-s3"
        | "@aws-sdk/lib-storage"
        | "aws-sdk"
        | "minio"
        | "@google-cloud/storage"
        | "@azure/storage-blob"
        | "@slack/web-api"
        | "@slack/webhook"
        | "@octokit/rest"
        | "octokit"
        | "telegraf"
        | "node-telegram-bot-api"
        | "grammy"
        | "@sendgrid/mail"
        | "resend"
        | "mailgun"
        | "emailjs"
        | "kafkajs"
        | "ioredis"
        | "pusher"
        | "dropbox"
        | "megajs"
        | "ipfs-http-client"
        | "pastebin-js" => plain,
        "playwright" | "playwright-core" | "@playwright/test" | "puppeteer" | "puppeteer-core" => {
            [".request.post", ".request.put", ".request.fetch"]
                .iter()
                .any(|ending| made.ends_with(ending))
        }
        "electron" => matches!(made, ".net.request" | ".net.fetch"),
        "discord" => name.starts_with("discord.js.") && !name.contains("()"),
        _ => false,
    }
}

/// Methods of such clients that take what they are given to the other side.
fn takes_along(method: &str) -> bool {
    matches!(
        method,
        "write"
            | "end"
            | "send"
            | "emit"
            | "post"
            | "sendMail"
            | "setHeader"
            | "publish"
            | "publishAsync"
            | "sendToQueue"
            | "put"
            | "fastPut"
            | "putFile"
            | "putFiles"
            | "uploadFrom"
            | "uploadFromDir"
            | "uploadFile"
            | "upload"
            | "putObject"
            | "fPutObject"
            | "putFileContents"
            | "append"
            | "sendMessage"
            | "sendDocument"
            | "postMessage"
            | "add"
            | "xadd"
            | "set"
            | "trigger"
            | "lpush"
            | "rpush"
            | "hset"
            | "insertOne"
            | "insertMany"
            | "insert"
            | "produce"
            | "putRecord"
            | "invoke"
            | "create"
            | "createGist"
    )
}

/// Methods of connections that were opened before.
pub(in crate::pattern::javascript) fn is_sending(name: &str) -> bool {
    let (owner, method) = name.rsplit_once('.').unwrap_or(("", name));
    let opened = owner.split_once("()").map(|(opened, _)| opened);
    let connected = opened.is_some_and(is_network);
    connected && takes_along(method)
}
