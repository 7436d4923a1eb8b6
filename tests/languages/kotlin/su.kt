// Needs ./su, made by: openapi-generator-cli generate --skip-validate-spec -g kotlin -i su.yaml -o su -p packageName=su
import java.util.Base64
import kotlin.system.exitProcess
import okhttp3.Headers.Companion.toHeaders
import okhttp3.Request
import su.apis.TokenApi
import su.infrastructure.ApiClient
import su.infrastructure.Serializer
import su.models.TokenData

object Su {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val baseUrl = System.getenv("SU_SANDBOX_BASE_URL")
        val domain = Base64.getEncoder().encodeToString(System.getenv("SU_SANDBOX_CLIENT_ID").toByteArray())

        // Su spells `data` in two ways, and the typed response has one of them, so read the raw response.
        val config = TokenApi(baseUrl).generateAccessTokenRequestConfig(domain, System.getenv("SU_SANDBOX_CLIENT_SECRET"))
        val request = Request.Builder().url(baseUrl + config.path).headers(config.headers.toHeaders()).build()
        val body = ApiClient.defaultClient.newCall(request).execute().use { it.body.string() }
        val response = Serializer.moshi.adapter(Map::class.java).fromJson(body)!!
        val data = response["data"] ?: response["Data"] // two spellings
        if (data == null) {
            val error = response["Errors"].let { if (it is List<*>) it.firstOrNull() else it } // a list, or a single error
            System.err.println("su: no token, code ${(error as? Map<*, *>)?.get("Code")}")
            exitProcess(1)
        }
        val token = Serializer.moshi.adapter(TokenData::class.java).fromJsonValue(data)!!
        val lifetime = token.expireIn?.toIntOrNull()?.takeIf { it > 0 } ?: 3600

        // The emulator's echo API stands for the API that you want to use.
        val apiRequest = Request.Builder().url("$baseUrl/echo").header("Authorization", "Bearer ${token.token}").build()
        val status = ApiClient.defaultClient.newCall(apiRequest).execute().use { it.code }
        println("su: a token for $lifetime s, the API responded with $status")
    }
}
