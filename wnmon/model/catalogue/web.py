"""What is said of a web configuration, to visitors who may not come in, and on the public view."""

from __future__ import annotations

from wnmon.model.language import Pair

_PROBLEMS: dict[str, Pair] = {
    "web_config_keys": (
        "a web configuration has tls_server_config, http_server_config, basic_auth_users, rate_limit or wnmon",
        "Web 配置含 tls_server_config、http_server_config、basic_auth_users、rate_limit 或 wnmon",
    ),
    "web_not_supported": ("wnmon does not support this key of exporter-toolkit", "wnmon 不支持 exporter-toolkit 的这个键"),
    "web_use_file": ("write it to a file and name that by {name}", "请写入文件，并以 {name} 指明"),
    "web_name_client_ca": ("name the authorities of the clients' certificates", "请指明客户端证书的颁发机构"),
    "web_ca_alone": ("authorities of clients are named, and no client is asked for a certificate", "指明了客户端证书的颁发机构，却不向客户端要求证书"),
    "web_sans_alone": ("names of clients are given, and a client may come without a certificate", "指明了客户端的名称，而客户端可以没有证书"),
    "web_require_clients": ("write client_auth_type: RequireAndVerifyClientCert", "请写 client_auth_type: RequireAndVerifyClientCert"),
    "web_no_private_key": ("expected a file with a private key in PEM", "期望 含 PEM 私钥的文件"),
    "web_key_encrypted": ("the private key is encrypted, and nobody is there to type its passphrase", "私钥已加密，而没有人可输入其口令"),
    "web_versions_crossed": ("min_version is above max_version", "min_version 高于 max_version"),
    "web_no_pair": ("certificate and key cannot be used: {text}", "证书与私钥无法使用：{text}"),
    "web_broken_pem": ("what stands between the lines of PEM is broken", "PEM 标记行之间的内容已损坏"),
    "web_pair_goes_together": ("the key must be that of the first certificate in cert_file", "私钥须属于 cert_file 中的第一个证书"),
    "web_unknown_user": ("no such user in basic_auth_users", "basic_auth_users 中没有这个用户"),
    "web_token_twice": ("another token has the same hash", "另一个 token 的散列相同"),
    # The titles of the web configuration (`wnmon/config/schema.json`).
    "names_to_hashes": ("a mapping of users to hashes by bcrypt", "用户到 bcrypt 散列的映射"),
    "names_to_scopes": ("a mapping of users to scopes", "用户到权限的映射"),
    "names_to_tokens": ("a mapping of names to tokens", "名称到 token 的映射"),
    "a_user_name": ("a user of at most 255 characters without a colon", "至多 255 个字符、不含冒号的用户名"),
    "a_bcrypt_hash": ("a hash by bcrypt of cost 4 to 16, as htpasswd -B writes it", "成本为 4 至 16 的 bcrypt 散列，如 htpasswd -B 所写"),
    "a_file": ("a file", "文件"),
    "a_cipher_suite": (
        "a cipher suite with ECDHE, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "使用 ECDHE 的加密套件，例如 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ),
    "client_auth_types": (
        "NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert",
        "NoClientCert、VerifyClientCertIfGiven 或 RequireAndVerifyClientCert",
    ),
    "a_header_value": ("the value of a header, in printable ASCII", "由可打印 ASCII 字符组成的响应头的值"),
    "a_sha256": ("64 hexadecimal digits, as sha256sum writes them", "64 个十六进制数字，如 sha256sum 所写"),
}

_SERVICE: dict[str, Pair] = {
    "service_public_at": ("wnmon serves the public view at {url}", "公开视图：{url}"),
    "service_open": (
        "whoever reaches {text} may see names, hosts, timings and messages; --web-config asks who is there",
        "任何能访问 {text} 的人都可看到名称、主机、耗时与消息；--web-config 可要求登录",
    ),
    "logins_failed": (
        "log-ins that failed or had to wait since the last such line: {n}",
        "自上次提示以来失败或被要求等待的登录：{n}",
    ),
    "service_plain": (
        "log-ins travel unencrypted to {text}: tls_server_config of the web configuration encrypts them",
        "发往 {text} 的登录未加密：Web 配置的 tls_server_config 可加密",
    ),
    "choose_public_address": (
        "choose another address with --public-listen HOST:PORT; port 0 takes any free one",
        "请用 --public-listen HOST:PORT 换一个地址；端口 0 表示任取一个空闲端口",
    ),
}

_REFUSALS: dict[str, Pair] = {
    "refused_login": ("log in", "请先登录"),
    "refused_nobody": ("nobody logs in so", "登录信息不正确"),
    "refused_scope": ("this log-in has not the scope {name}", "该登录没有 {name} 权限"),
    "refused_unknown": (
        "what was asked and answered is shown to nobody whom the network alone lets in: "
        "start `wnmon serve` with --web-config FILE, or --listen on loopback and ask without a proxy",
        "请求与应答的内容不向仅凭网络可达的访问者显示：请以 --web-config 文件 启动 `wnmon serve`，或仅在回环地址 --listen 且不经代理访问",
    ),
    "refused_name": (
        "this server is not asked for by that name: start `wnmon serve` with --allowed-host NAME",
        "此服务器不以该名称访问：请以 --allowed-host NAME 启动 `wnmon serve`",
    ),
    "refused_rate": ("too many requests", "请求过多"),
    "refused_throttled": ("too many log-ins failed, try again in {n} s", "登录失败次数过多，请在 {n} 秒后重试"),
    "refused_busy": ("too many log-ins at once", "同时登录的请求过多"),
}

_PUBLIC: dict[str, Pair] = {
    "page_public_title": ("Status", "状态"),
    "page_state": ("State", "状态"),
    "page_name": ("Name", "名称"),
    "page_up": ("up", "正常"),
    "page_down": ("down", "中断"),
}

SENTENCES: dict[str, Pair] = _PROBLEMS | _SERVICE | _REFUSALS | _PUBLIC
