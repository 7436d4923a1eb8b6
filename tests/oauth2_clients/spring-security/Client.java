// Needs spring-security-oauth2-client and jackson-databind
import java.nio.file.*;
import org.springframework.security.oauth2.client.*;
import org.springframework.security.oauth2.client.registration.*;
import org.springframework.security.oauth2.client.web.client.OAuth2ClientHttpRequestInterceptor;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.web.client.RestClient;

class Client {
    public static void main(String[] arguments) throws Exception {
        String provider = arguments[0], service = System.getenv("GATEPASS_SERVICE_URL");
        String key = Files.readString(Path.of(System.getenv("GATEPASS_SERVICE_KEY_FILE"))).trim();

        var registrations = new InMemoryClientRegistrationRepository(ClientRegistration.withRegistrationId(provider)
                .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS).clientId("gatepass").clientSecret(key)
                .tokenUri(service + "/" + provider + "/sandbox/token").build());
        var clients = new InMemoryOAuth2AuthorizedClientService(registrations);
        var manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(registrations, clients);

        var interceptor = new OAuth2ClientHttpRequestInterceptor(manager);
        interceptor.setClientRegistrationIdResolver(request -> provider);
        RestClient client = RestClient.builder().requestInterceptor(interceptor).build();
        var response = client.get().uri(System.getenv("API_URL")).retrieve().toBodilessEntity();
        System.out.println(provider + ": " + response.getStatusCode().value());
    }
}
