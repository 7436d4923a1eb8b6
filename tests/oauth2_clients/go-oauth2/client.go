// Needs golang.org/x/oauth2
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	provider, service := os.Args[1], os.Getenv("GATEPASS_SERVICE_URL")
	key, err := os.ReadFile(os.Getenv("GATEPASS_SERVICE_KEY_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	secret := strings.TrimSpace(string(key))
	tokenURL := service + "/" + provider + "/sandbox/token"
	config := clientcredentials.Config{ClientID: "gatepass", ClientSecret: secret, TokenURL: tokenURL}
	client := config.Client(context.Background())
	response, err := client.Get(os.Getenv("API_URL"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d\n", provider, response.StatusCode)
}
